/** One smoke test as JUnit knows it. */
export interface JunitCase {
  readonly name: string
  readonly milliseconds: number
  readonly failure: { readonly message: string; readonly detail: string } | undefined
}

/** JUnit XML, the form that CI systems read: one suite with its cases. */
export function formatJunit(suite: string, cases: readonly JunitCase[]): string {
  const failures = cases.filter((each) => each.failure).length
  const seconds = (milliseconds: number): string => (milliseconds / 1000).toFixed(3)
  const total = cases.reduce((sum, each) => sum + each.milliseconds, 0)
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites><testsuite name="${escape(suite)}" tests="${cases.length}" failures="${failures}" time="${seconds(total)}">`,
    ...cases.map(({ name, milliseconds, failure }) => {
      const open = `<testcase classname="${escape(suite)}" name="${escape(name)}" time="${seconds(milliseconds)}"`
      return failure
        ? `${open}><failure message="${escape(failure.message)}">${escape(failure.detail)}</failure></testcase>`
        : `${open}/>`
    }),
    '</testsuite></testsuites>',
    '',
  ].join('\n')
}

/** Characters that XML 1.0 does not allow at all become the replacement character. */
function escape(text: string): string {
  return text
    .replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}
