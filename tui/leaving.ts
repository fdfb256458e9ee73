import type { Intent } from '../src/state/screen.ts'
import type { Model } from './model.ts'
import type { UiState } from './ui-state.ts'

/** What leaving the screen means: a question, or at once what was settled before. */
export type Leaving = { readonly ui: UiState; readonly intent?: Intent }

/** An attached screen goes by itself, unless `--on-exit` wants an end for the stack; `dev` in its own terminal asks. */
export function leaving({ ui, onExit, isAttached }: Pick<Model, 'ui' | 'onExit' | 'isAttached'>): Leaving {
  if (isAttached && (onExit ?? 'keep') === 'keep') return { ui, intent: { kind: 'leave' } }
  return onExit === undefined ? ending(ui) : { ui, intent: { kind: 'quit', then: onExit } }
}

/** `dev` itself is to end: what becomes of the stack is asked. */
export function ending(ui: UiState): Leaving {
  return { ui: { ...ui, question: { kind: 'quit' } } }
}
