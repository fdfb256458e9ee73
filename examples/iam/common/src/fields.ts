/** Reads typed values out of unknown data (a request, a configuration) and collects everything that is wrong with it. */
export interface Fields {
  /** A text of 1 to `most` (default 255) characters that fits `form`. */
  text(path: string, rule?: TextRule): string
  integer(
    path: string,
    rule: { readonly least: number; readonly most: number; readonly otherwise?: number },
  ): number
  oneOf<W extends string>(path: string, words: readonly W[], otherwise?: W): W
  /** 1 to 64 texts of up to 255 characters each. */
  texts(path: string): string[]
  has(path: string): boolean
  /** Keys beside these are problems: a misspelt `effekt` must not vanish. */
  only(path: string, keys: readonly string[]): void
  reject(problem: string): void
  /** One sentence for each mistake, in the order of reading. */
  readonly problems: readonly string[]
}

export interface TextRule {
  readonly otherwise?: string
  readonly form?: RegExp
  /** Completes "must be …" where `form` is given. */
  readonly expected?: string
  readonly least?: number
  readonly most?: number
}

export function fieldsOf(root: unknown): Fields {
  const problems: string[] = []
  const valueAt = (path: string): unknown =>
    path === '' ? root : path.split('.').reduce((value, key) => (isMap(value) ? value[key] : undefined), root)
  const reject = (problem: string): void => void problems.push(problem)

  return {
    problems,
    reject,
    has: (path) => valueAt(path) !== undefined,
    text(path, { otherwise, form, expected, least = 1, most = 255 } = {}) {
      const value = valueAt(path) ?? otherwise
      const range = `a text of ${String(least)} to ${String(most)} characters`
      if (value === undefined) reject(`${path} is missing`)
      else if (typeof value !== 'string' || value.length < least || value.length > most)
        reject(`${path} must be ${range}`)
      else if (form && !form.test(value)) reject(`${path} must be ${expected ?? String(form)}`)
      else return value
      return ''
    },
    integer(path, { least, most, otherwise }) {
      const value = valueAt(path) ?? otherwise
      if (value === undefined) reject(`${path} is missing`)
      else if (!Number.isInteger(value) || Number(value) < least || Number(value) > most)
        reject(`${path} must be a whole number from ${String(least)} to ${String(most)}`)
      return Number(value)
    },
    oneOf(path, words, otherwise) {
      const value = valueAt(path) ?? otherwise
      const word = words.find((each) => each === value)
      if (word !== undefined) return word
      reject(value === undefined ? `${path} is missing` : `${path} must be one of ${words.join(', ')}`)
      return words[0] as (typeof words)[number]
    },
    texts(path) {
      const value = valueAt(path)
      if (!Array.isArray(value) || value.length === 0 || value.length > 64) {
        reject(`${path} must be a list of 1 to 64 texts`)
        return []
      }
      const texts = value.filter((item) => typeof item === 'string' && item !== '' && item.length <= 255)
      if (texts.length < value.length) reject(`${path} must hold texts of 1 to 255 characters`)
      return texts as string[]
    },
    only(path, keys) {
      const value = valueAt(path)
      if (!isMap(value)) {
        reject(`${path === '' ? 'the whole' : path} must be an object`)
        return
      }
      for (const key of Object.keys(value))
        if (!keys.includes(key)) reject(`${path === '' ? key : `${path}.${key}`} is not a known field`)
    },
  }
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
