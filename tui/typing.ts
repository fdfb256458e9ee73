import { ending, leaving } from './leaving.ts'
import type { Model } from './model.ts'
import type { Key, Pressed } from './press.ts'
import { withoutLast } from './text.ts'
import type { Input, UiState } from './ui-state.ts'

/** What a key does to the line that is being typed. Filters act while they are typed; escape takes them back. */
export function typed(key: Key, input: Input, model: Model): Pressed {
  const { ui } = model
  switch (key.name) {
    case 'enter':
      return entered(input, model)
    case 'escape':
      return { ui: narrowed({ ...ui, input: undefined }, input.purpose, input.before) }
    case 'tab':
      return { ui: input.purpose === 'command' ? withText(ui, input, completed(input.text, model)) : ui }
    case 'backspace':
      return { ui: withText(ui, input, withoutLast(input.text)) }
    case 'C-u':
      return { ui: withText(ui, input, '') }
    case 'C-w':
      return { ui: withText(ui, input, input.text.replace(/\S*\s*$/, '')) }
    default:
      return { ui: key.text === undefined ? ui : withText(ui, input, input.text + key.text) }
  }
}

function withText(ui: UiState, input: Input, text: string): UiState {
  return narrowed({ ...ui, input: { ...input, text } }, input.purpose, text)
}

function narrowed(ui: UiState, purpose: Input['purpose'], text: string): UiState {
  switch (purpose) {
    case 'filter':
      return { ...ui, filter: text }
    case 'search':
      return { ...ui, logs: { ...ui.logs, search: text, still: undefined } }
    case 'command':
    case 'replicas':
      return ui
    default:
      return purpose satisfies never
  }
}

function entered(input: Input, model: Model): Pressed {
  const ui = { ...model.ui, input: undefined }
  switch (input.purpose) {
    case 'filter':
    case 'search':
      return { ui }
    case 'command':
      return commanded(input.text.trim(), { ...model, ui })
    case 'replicas':
      return /^\d{1,4}$/.test(input.text)
        ? { ui, intent: { kind: 'scale', service: input.subject, replicas: Number(input.text) } }
        : { ui: { ...ui, notice: { text: `${input.text} is no number of replicas`, tone: 'bad' } } }
    default:
      return input.purpose satisfies never
  }
}

/** A verb of the command line; the word before the first blank decides, and it may be as short as is clear. */
function commanded(line: string, model: Model): Pressed {
  const { ui, verbs } = model
  const [word = '', ...rest] = line.split(/\s+/)
  if (word === '') return { ui }
  if (word === 'q' || word === 'quit') return model.isAttached ? leaving(model) : ending(ui)
  if (word === 'end') return ending(ui)
  const fitting = verbs.filter(({ name }) => name.startsWith(word))
  const verb = verbs.find(({ name }) => name === word) ?? (fitting.length === 1 ? fitting[0] : undefined)
  if (verb)
    return {
      ui,
      intent: { kind: 'run', words: [verb.name, ...rest], isInteractive: verb.name === 'exec' },
    }
  const text =
    fitting.length === 0
      ? `no command is called ${word}; ? lists the keys`
      : `${word} is short for ${fitting.map(({ name }) => name).join(', ')}`
  return { ui: { ...ui, notice: { text, tone: 'bad' } } }
}

/** The line as far as it can be completed: the common beginning of all that fits. */
export function completed(line: string, model: Pick<Model, 'state' | 'verbs'>): string {
  const fitting = completions(line, model)
  const begin = line.slice(0, line.length - lastWord(line).length)
  const [first] = fitting
  if (first === undefined) return line
  if (fitting.length === 1) return `${begin}${first} `
  let common = first
  for (const each of fitting) while (!each.startsWith(common)) common = common.slice(0, -1)
  return begin + common
}

/** What may stand where the line ends: verbs first, then what the verb takes. */
export function completions(
  line: string,
  { state, verbs }: Pick<Model, 'state' | 'verbs'>,
): readonly string[] {
  const word = lastWord(line)
  const isFirst = line.length === word.length
  const verb = verbs.find(({ name }) => name === line.split(/\s+/, 1)[0])
  const candidates = isFirst
    ? verbs.map(({ name }) => name)
    : verb?.completes === 'service'
      ? [...state.resources.keys()].flatMap((id) => (id.startsWith('service/') ? [id.slice(8)] : []))
      : []
  return candidates.filter((each) => each.startsWith(word))
}

function lastWord(line: string): string {
  return /\S*$/.exec(line)?.[0] ?? ''
}
