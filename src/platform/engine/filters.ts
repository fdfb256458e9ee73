/** The `filters` parameter of the Engine API: values of one key are alternatives, except labels, which all must hold. */
export function filters(by: Readonly<Record<string, readonly string[]>>): string {
  return JSON.stringify(by)
}

/** A filter by labels, each `name` or `name=value`; undefined, which leaves the parameter out, for none. */
export function labelFilter(labels: readonly string[]): string | undefined {
  return labels.length === 0 ? undefined : filters({ label: labels })
}
