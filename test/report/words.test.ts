import stringWidth from 'string-width'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatJunit } from '../../src/report/junit.ts'
import { cut, formatTable } from '../../src/report/table.ts'
import { age, duration, visible } from '../../src/report/words.ts'

describe('words', () => {
  it('durations and ages are as short as a line wants them', () => {
    expect([3.4, 999, 1490, 12_345, 125_000].map(duration)).toEqual([
      '3 ms',
      '999 ms',
      '1.49 s',
      '12.3 s',
      '2 min 5 s',
    ])
    expect([0, 12_000, 300_000, 7_300_000, 200_000_000].map(age)).toEqual(['0s', '12s', '5m', '2h', '2d'])
  })

  it('shows control sequences of foreign text and never obeys them', () => {
    expect(visible('\u001B[31mred\u001B[0m \u001B]0;title\u0007bell\u0007 \u001B[2J')).toBe('red bell· ')
    expect(visible('tab\tand line\nstay')).toBe('tab\tand line\nstay')
  })
})

describe('table', () => {
  it('aligns by what a terminal shows, wide characters included', () => {
    expect(
      formatTable([
        ['●', 'mariadb', '10.11'],
        ['◐', '数据库', '7'],
      ]),
    ).toBe('●  mariadb  10.11\n◐  数据库   7')
  })

  it('S119: no row is wider than the terminal, whatever is in it', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.string({ unit: 'grapheme' }), { minLength: 1, maxLength: 4 }), { minLength: 1 }),
        fc.integer({ min: 10, max: 80 }),
        (rows, columns) => {
          const clean = rows.map((row) => row.map((cell) => visible(cell).replace(/[\n\t]/g, ' ')))
          for (const line of formatTable(clean, columns).split('\n'))
            expect(stringWidth(line)).toBeLessThanOrEqual(columns)
        },
      ),
    )
  })

  it('keeps colour codes when it cuts', () => {
    expect(cut('\u001B[31mabcdef\u001B[39m', 4)).toBe('\u001B[31mabc\u001B[39m…')
  })
})

describe('junit', () => {
  it('S178: escapes what XML would read as its own', () => {
    expect(
      formatJunit('iam', [
        { name: 'a<b', milliseconds: 12, failure: undefined },
        { name: 'c', milliseconds: 1500, failure: { message: 'got "404"', detail: 'a & b\u0000' } },
      ]),
    ).toMatchInlineSnapshot(`
      "<?xml version="1.0" encoding="UTF-8"?>
      <testsuites><testsuite name="iam" tests="2" failures="1" time="1.512">
      <testcase classname="iam" name="a&lt;b" time="0.012"/>
      <testcase classname="iam" name="c" time="1.500"><failure message="got &quot;404&quot;">a &amp; b�</failure></testcase>
      </testsuite></testsuites>
      "
    `)
  })
})
