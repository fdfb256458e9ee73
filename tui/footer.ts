import { footerOf, type Binding } from './keys.ts'
import type { Model } from './model.ts'
import { span, type Row } from './row.ts'
import { cells, harmless } from './text.ts'
import { completions } from './typing.ts'
import type { Input, Question } from './ui-state.ts'

/** The last row: a question, what is being typed, a word of the program, or else the keys that mean something here. */
export function footer(model: Model): Row {
  const { ui, size } = model
  if (ui.question) return [span(` ${questionText(ui.question, model)}`, 'accent', true)]
  if (ui.input) return inputRow(ui.input, model)
  if (ui.notice) return [span(` ${harmless(ui.notice.text)}`, ui.notice.tone)]
  return keysRow(footerOf(ui), size.columns)
}

/** As many keys as there is room for; how to get help and how to leave are always among them. */
function keysRow(bindings: readonly Binding[], columns: number): Row {
  const cellsOf = ({ shown, footer: label = '' }: Binding): number => cells(shown) + 1 + cells(label) + 2
  const isAlways = ({ action }: Binding): boolean => action === 'help' || action === 'quit'
  let room = columns - bindings.filter(isAlways).reduce((sum, each) => sum + cellsOf(each), 0)
  const shown = bindings.filter((each) => {
    if (isAlways(each)) return true
    room -= cellsOf(each)
    return room >= 0
  })
  return shown.flatMap(({ shown: key, footer: label = '' }, index) => [
    span(index === 0 ? ' ' : '  '),
    span(key, 'accent'),
    span(` ${label}`, 'quiet'),
  ])
}

function questionText(question: Question, { isAttached }: Model): string {
  switch (question.kind) {
    case 'quit':
      return isAttached
        ? 'end dev: k keep the stack running, s stop it, d take it down; any other key: no'
        : 'leave: k keep the stack running, s stop it, d take it down; any other key stays'
    case 'confirm':
      return `${harmless(question.text)}  y yes; any other key: no`
    default:
      return question satisfies never
  }
}

function inputRow(input: Input, model: Model): Row {
  const typed: Row = [
    span(` ${promptOf(input)}`, 'accent'),
    span(harmless(input.text)),
    { text: ' ', inverse: true },
  ]
  if (input.purpose !== 'command') return typed
  const fitting = completions(input.text, model)
  return [...typed, span(`  ${fitting.join('  ')}`, 'quiet')]
}

function promptOf({ purpose, subject }: Input): string {
  switch (purpose) {
    case 'filter':
    case 'search':
      return '/'
    case 'command':
      return ':'
    case 'replicas':
      return `replicas of ${subject}: `
    default:
      return purpose satisfies never
  }
}
