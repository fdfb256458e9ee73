import { access, constants } from 'node:fs/promises'
import { delimiter, isAbsolute, join, resolve } from 'node:path'
import type { Process, ResolvedStack } from '../resolve/resolved.ts'
import { textAsWritten } from '../resolve/text.ts'
import { ok, problem, warning, type Observation } from './finding.ts'
import type { Subject } from './subject.ts'

/** Command lines of `process.run` go through the shell. */
export async function checkShell({ target, platform, env }: Subject): Promise<Observation[]> {
  if (target.name !== 'process') return []
  const shell = platform === 'win32' ? (env['ComSpec'] ?? 'cmd.exe') : '/bin/sh'
  const isThere = isAbsolute(shell) ? await isExecutable(shell) : true
  return [isThere ? ok(shell) : problem(`there is no ${shell}`, 'install a POSIX shell there')]
}

/** Words that are no programs: what follows them cannot be told without being a shell. */
const shellWords = new Set(
  '. [ : alias break case cd command continue eval exit export false for if read return set shift source test time trap true type ulimit umask unset until wait while'.split(
    ' ',
  ),
)

/** The first word of everything that the process target starts. */
export async function checkPrograms(subject: Subject): Promise<Observation[]> {
  if (subject.target.name !== 'process' || subject.stack.kind !== 'valid') return []
  const users = new Map<string, string[]>()
  for (const { owner, process } of processesOf(subject.stack.stack)) {
    // A PATH of its own is nothing that we know before it runs.
    const program = process.env.has('PATH') ? undefined : programOf(process)
    if (program === undefined) continue
    const key = program.includes('/') ? resolve(process.cwd, program) : program
    users.set(key, [...(users.get(key) ?? []), owner])
  }
  return Promise.all(
    [...users].map(async ([program, owners]) => {
      const place = await placeOf(program, subject)
      if (place !== undefined) return ok(`${program} (${owners.join(', ')})`)
      return isAbsolute(program)
        ? warning(
            `${owners.join(', ')} runs ${program}, which is not there or may not be executed`,
            'build it first, or mend process.run',
          )
        : problem(
            `${owners.join(', ')} runs ${program}, which is not on PATH`,
            `install ${program}, or put its folder on PATH`,
          )
    }),
  )
}

function processesOf(stack: ResolvedStack): { readonly owner: string; readonly process: Process }[] {
  const units = [...stack.services.values(), ...stack.jobs.values()].flatMap((unit) => [
    { owner: unit.name, process: unit.process },
    ...('init' in unit
      ? unit.init.map((init) => ({ owner: `${unit.name}/${init.name}`, process: init.process }))
      : []),
  ])
  return units.flatMap(({ owner, process }) => (process ? [{ owner, process }] : []))
}

/** Undefined where it is a word of the shell, or known only when it runs. */
function programOf({ run }: Process): string | undefined {
  const words = 'parts' in run ? textAsWritten(run).trim().split(/\s+/) : run.slice(0, 1).map(textAsWritten)
  const word = words.find((each) => !/^\w+=/.test(each) && each !== 'exec')
  return word !== undefined && /^[\w./+-]+$/.test(word) && !shellWords.has(word) ? word : undefined
}

async function placeOf(program: string, { env, platform }: Subject): Promise<string | undefined> {
  if (isAbsolute(program)) return (await isExecutable(program)) ? program : undefined
  const endings = platform === 'win32' ? ['', ...(env['PATHEXT'] ?? '.EXE;.CMD;.BAT').split(';')] : ['']
  const folders = (env['PATH'] ?? env['Path'] ?? '').split(delimiter).filter((folder) => folder !== '')
  for (const folder of folders) {
    for (const ending of endings) {
      const path = join(folder, `${program}${ending}`)
      if (await isExecutable(path)) return path
    }
  }
  return undefined
}

function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  )
}
