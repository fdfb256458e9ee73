import type { Service } from '../../../resolve/resolved.ts'
import { errorAt, warningAt, type Diagnostic, type Span } from '../../../stack/diagnostics.ts'

/** What the cluster cannot do. */
export function refused(code: string, message: string, span: Span, hint?: string): Diagnostic {
  return errorAt(`kubernetes/${code}`, message, span, hint)
}

/** What has no effect here, or another one than elsewhere. */
export function ignored(code: string, message: string, span: Span, hint?: string): Diagnostic {
  return warningAt(`kubernetes/${code}`, message, span, hint)
}

export function when(isSo: boolean, finding: () => Diagnostic): Diagnostic[] {
  return isSo ? [finding()] : []
}

/** Whether the stack file itself says it; a default has no place of its own. */
export function isWritten(service: Pick<Service, 'at' | 'from'>, key: string): boolean {
  const place = service.at(key)
  const above = key.includes('.')
    ? [service.from, service.at(key.slice(0, key.indexOf('.')))]
    : [service.from]
  return above.every(
    ({ file, line, column }) => file !== place.file || line !== place.line || column !== place.column,
  )
}
