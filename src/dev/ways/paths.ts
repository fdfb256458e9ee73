import { isAbsolute, posix, relative, sep } from 'node:path'

/** A path relative to a folder, with slashes, empty for the folder itself; undefined where it lies outside. Both absolute. */
export function inside(path: string, folder: string): string | undefined {
  const way = relative(folder, path)
  return way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way) ? undefined : way.split(sep).join('/')
}

/** Whether a place in a container is `folder` or lies below it. Both absolute, with slashes. */
export function isAtOrBelow(place: string, folder: string): boolean {
  return place === folder || place.startsWith(folder.endsWith('/') ? folder : `${folder}/`)
}

/** Whether a name is taken for a file where nothing tells: it has an extension, and not that of `conf.d`. */
export function looksLikeFile(path: string): boolean {
  const extension = posix.extname(path)
  return /^\.[a-z]\w*$/i.test(extension) && extension !== '.d'
}
