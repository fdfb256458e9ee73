/**
 * How a secret can look when somebody prints it: as it is, in base64 (also in the middle of a longer text, also wrapped), encoded
 * for a URL, escaped for JSON or HTML, and each line of it alone. Everything as UTF-8 bytes.
 */
export function formsOf(value: Uint8Array): Uint8Array[] {
  const text = textOf(value)
  const spoken = text === undefined ? [] : [text, ...linesOf(text)].flatMap(spellingsOf)
  const encoded = base64Forms(value).flatMap((form) => [form, ...linesOf(form)])
  const forms = new Set([...spoken, ...encoded].filter((form) => form.length >= shortestSecret))
  return [...(text === undefined ? [value] : []), ...[...forms].map((form) => encoder.encode(form))]
}

/** Hiding a shorter text would tear holes into everything. */
export const shortestSecret = 4

/** In characters; bytes that are no text count one by one. */
export function lengthOf(value: Uint8Array): number {
  return textOf(value)?.length ?? value.length
}

const encoder = new TextEncoder()

/** Undefined for bytes that are no text. */
function textOf(value: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(value)
  } catch {
    return undefined
  }
}

/** Each line without white space around it, and without the frame of a PEM file, which is the same for every key. */
function linesOf(text: string): string[] {
  const lines = text.split(/[\r\n]+/).map((line) => line.trim())
  return lines.filter((line) => !/^-----(BEGIN|END) [A-Z0-9 ]+-----$/.test(line))
}

function spellingsOf(text: string): string[] {
  const json = JSON.stringify(text).slice(1, -1)
  const url = encodeURIComponent(text)
  // encodeURIComponent leaves some marks alone that RFC 3986 reserves.
  const strictUrl = url.replace(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`)
  const forForms = strictUrl.replaceAll('%20', '+')
  const urls = [url, strictUrl, forForms]
  return [
    text,
    json,
    json.replaceAll('/', '\\/'),
    // Go escapes these so that JSON can stand in HTML.
    json.replace(/[<>&]/g, (mark) => `\\u00${mark.charCodeAt(0).toString(16)}`),
    asciiJson(json),
    ...urls,
    ...urls.map((each) => each.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase())),
    htmlOf(text, '&quot;', '&#39;'),
    htmlOf(text, '&#34;', '&#39;'),
    htmlOf(text, '&quot;', '&#x27;'),
    htmlOf(text, '"', "'"),
  ]
}

function asciiJson(json: string): string {
  return json.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

function htmlOf(text: string, quote: string, apostrophe: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', quote)
    .replaceAll("'", apostrophe)
}

/** Columns at which `base64` and PEM writers break lines. */
const columns = [64, 76]

/**
 * In both alphabets: the whole, with and without padding; broken into lines; and, for each place that the value may have in a
 * group of three bytes, the digits that it decides alone, with and without those that follow when it is the end of the text.
 */
function base64Forms(value: Uint8Array): string[] {
  const whole = Buffer.from(value).toString('base64')
  const wrapped = columns.map((width) => whole.match(new RegExp(`.{1,${width}}`, 'g'))?.join('\n') ?? '')
  const inside = [0, 1, 2].flatMap((before) => {
    const padded = Buffer.concat([Buffer.alloc(before), value]).toString('base64')
    const start = Math.ceil((before * 8) / 6)
    const decided = Math.floor(((before + value.length) * 8) / 6)
    return [padded.slice(start), padded.replace(/=+$/, '').slice(start), padded.slice(start, decided)]
  })
  const forms = [...wrapped, ...inside]
  return [...forms, ...forms.map((form) => form.replaceAll('+', '-').replaceAll('/', '_'))]
}
