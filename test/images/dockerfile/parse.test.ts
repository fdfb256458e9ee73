import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseDockerfile, parseTrigger } from '../../../src/images/dockerfile/parse.ts'
import { describeDockerfile, findingsOf, parsed } from '../describe.ts'

const parse = (text: string): string => describeDockerfile(parsed(text))
const findings = (text: string): string => findingsOf(parseDockerfile(text, 'Dockerfile'))

describe('what a Dockerfile says (S34)', () => {
  test('every instruction', () => {
    const text = String.raw`# syntax=docker/dockerfile:1.7
# check=skip=all
ARG VERSION=1.2
FROM --platform=$BUILDPLATFORM golang:$VERSION AS Build
WORKDIR /src
ARG A B=1 C="x y"
ENV PATH=/go/bin:$PATH GREETING="hello \"you\"" one=a\ b
ENV OLD a value  with blanks
LABEL maintainer="me" "a key"='single $x'
COPY --from=docker.io/library/busybox:latest --chown=1:2 --chmod=755 --link /bin/sh /bin/
COPY ["with blank.txt", "/dest dir/"]
ADD --checksum=sha256:00 --keep-git-dir=true https://example.test/a.tgz /tmp/
COPY --parents --exclude=*.md --exclude=docs src ./x/./y /out/
RUN --mount=type=cache,target=/root/.cache --mount=type=bind,from=build,src=/a,dst=/b,ro --network=none --security=insecure make
RUN ["make", "all"]
EXPOSE 80 53/udp 7000-7002
VOLUME ["/data", "/log"]
VOLUME /x /y
USER app:group
STOPSIGNAL SIGQUIT
SHELL ["/bin/bash", "-c"]
HEALTHCHECK --interval=1m30s --timeout=500ms --start-period=5s --start-interval=1s --retries=5 CMD curl -f http://localhost/ || exit 1
HEALTHCHECK NONE
ENTRYPOINT ["/app"]
CMD serve --port 80
ONBUILD COPY . /app
MAINTAINER someone`
    expect(parse(text)).toMatchInlineSnapshot(`
      "3 "kind":"arg","args":[{"name":"VERSION","value":"1.2"}]
      4 "kind":"from","image":"golang:$VERSION","alias":"build","platform":"$BUILDPLATFORM"
        5 "kind":"workdir","value":"/src"
        6 "kind":"arg","args":[{"name":"A"},{"name":"B","value":"1"},{"name":"C","value":"\\"x y\\""}]
        7 "kind":"env","pairs":[{"key":"PATH","value":"/go/bin:$PATH"},{"key":"GREETING","value":"\\"hello \\\\\\"you\\\\\\"\\""},{"key":"one","value":"a\\\\ b"}]
        8 "kind":"env","pairs":[{"key":"OLD","value":"a value  with blanks"}]
        9 "kind":"label","pairs":[{"key":"maintainer","value":"\\"me\\""},{"key":"\\"a key\\"","value":"'single $x'"}]
        10 "kind":"copy","sources":["/bin/sh"],"inline":[],"destination":"/bin/","isLinked":true,"exclude":[],"from":"docker.io/library/busybox:latest","chown":"1:2","chmod":"755"
        11 "kind":"copy","sources":["with blank.txt"],"inline":[],"destination":"/dest dir/","exclude":[]
        12 "kind":"add","sources":["https://example.test/a.tgz"],"inline":[],"destination":"/tmp/","keepsGitDirectory":true,"exclude":[],"checksum":"sha256:00"
        13 "kind":"copy","sources":["src","./x/./y"],"inline":[],"destination":"/out/","keepsParents":true,"exclude":["*.md","docs"]
        14 "kind":"run","command":{"form":"shell","words":["make"]},"mounts":[{"fields":{"type":"cache","target":"/root/.cache"}},{"fields":{"type":"bind","from":"build","source":"/a","target":"/b","ro":"true"}}],"heredocs":[],"network":"none","security":"insecure"
        15 "kind":"run","command":{"form":"exec","words":["make","all"]},"mounts":[],"heredocs":[]
        16 "kind":"expose","ports":["80","53/udp","7000-7002"]
        17 "kind":"volume","paths":["/data","/log"]
        18 "kind":"volume","paths":["/x","/y"]
        19 "kind":"user","value":"app:group"
        20 "kind":"stopsignal","value":"SIGQUIT"
        21 "kind":"shell","shell":["/bin/bash","-c"]
        22 "kind":"healthcheck","check":{"command":{"form":"shell","words":["curl -f http://localhost/ || exit 1"]},"interval":90000,"timeout":500,"startPeriod":5000,"startInterval":1000,"retries":5}
        23 "kind":"healthcheck"
        24 "kind":"entrypoint","command":{"form":"exec","words":["/app"]}
        25 "kind":"cmd","command":{"form":"shell","words":["serve --port 80"]}
        26 "kind":"onbuild","trigger":"COPY . /app"
        27 "kind":"maintainer","value":"someone""
    `)
    expect(parsed(text).directives).toEqual({
      syntax: 'docker/dockerfile:1.7',
      check: 'skip=all',
      escape: '\\',
    })
  })

  test('continuations, comments and blank lines inside an instruction', () => {
    const text = 'FROM a\nRUN one \\\n  # a comment\n\n  two \\  \n three\n  # end\nRUN four'
    expect(parse(text)).toMatchInlineSnapshot(`
      "1 "kind":"from","image":"a"
        2-6 "kind":"run","command":{"form":"shell","words":["one   two  three"]},"mounts":[],"heredocs":[]
        8 "kind":"run","command":{"form":"shell","words":["four"]},"mounts":[],"heredocs":[]"
    `)
    expect(findings(text)).toMatchInlineSnapshot(
      `"Dockerfile:4:1+1 warning dockerfile/blank-continuation: an empty line inside a continued instruction: BuildKit announces that this will be an error"`,
    )
  })

  test('the escape directive changes continuations and escapes', () => {
    expect(parse('# escape=`\nFROM a\nCOPY a `\n  C:\\dir\\\nENV a=x` y')).toMatchInlineSnapshot(`
      "2 "kind":"from","image":"a"
        3-4 "kind":"copy","sources":["a"],"inline":[],"destination":"C:\\\\dir\\\\","exclude":[]
        5 "kind":"env","pairs":[{"key":"a","value":"x\` y"}]"
    `)
  })

  test('a byte order mark and CRLF line ends', () => {
    expect(parse('\uFEFFFROM a\r\nRUN b \\\r\n  c\r\n')).toMatchInlineSnapshot(`
      "1 "kind":"from","image":"a"
        2-3 "kind":"run","command":{"form":"shell","words":["b   c"]},"mounts":[],"heredocs":[]"
    `)
  })

  test('heredocs in RUN, COPY, ADD and ONBUILD', () => {
    const text = [
      ...[
        'FROM a',
        'RUN <<EOF',
        'echo $x',
        '# no comment',
        'EOF',
        'RUN cat <<-"A" <<B',
        '\tindented',
        '\tA',
        'b',
        'B',
      ],
      ...["COPY <<one.txt <<'two' /dest/", 'first', 'one.txt', 'second', 'two', 'ONBUILD RUN <<E', 'x', 'E'],
      ...['RUN ["<<EOF"]', 'RUN echo "<<EOF"', 'RUN echo $((1<<2))'],
    ]
    expect(parse(text.join('\n'))).toMatchInlineSnapshot(`
      "1 "kind":"from","image":"a"
        2-5 "kind":"run","command":{"form":"shell","words":["<<EOF"]},"mounts":[],"heredocs":[{"name":"EOF","expands":true,"content":"echo $x\\n# no comment\\n"}]
        6-10 "kind":"run","command":{"form":"shell","words":["cat <<-\\"A\\" <<B"]},"mounts":[],"heredocs":[{"name":"A","content":"indented\\n"},{"name":"B","expands":true,"content":"b\\n"}]
        11-15 "kind":"copy","sources":[],"inline":[{"name":"one.txt","expands":true,"content":"first\\n"},{"name":"two","content":"second\\n"}],"destination":"/dest/","exclude":[]
        16-18 "kind":"onbuild","trigger":"RUN <<E\\nx\\nE"
        19 "kind":"run","command":{"form":"exec","words":["<<EOF"]},"mounts":[],"heredocs":[]
        20 "kind":"run","command":{"form":"shell","words":["echo \\"<<EOF\\""]},"mounts":[],"heredocs":[]
        21 "kind":"run","command":{"form":"shell","words":["echo $((1<<2))"]},"mounts":[],"heredocs":[]"
    `)
  })

  test('a trigger of a base image is one instruction', () => {
    const trigger = parseTrigger('COPY <<E /x\nbody\nE', 'Dockerfile')
    expect(trigger.ok && trigger.value?.text).toBe('COPY <<E /x\nbody\nE')
  })
})

describe('what is wrong with it, all at once', () => {
  test('no stage at all', () => {
    const texts = ['', '# only a comment', 'RUN x\nFROM a', 'ARG X', 'FORM a\nRUN b\nRUN c']
    expect(texts.map(findings)).toMatchInlineSnapshot(`
      [
        "Dockerfile:1:1+1 error dockerfile/empty: the Dockerfile has no instructions",
        "Dockerfile:1:1+1 error dockerfile/empty: the Dockerfile has no instructions",
        "Dockerfile:1:1+5 error dockerfile/no-stage: RUN stands before the first FROM (only ARG and comments may stand there)",
        "Dockerfile:1:1+1 error dockerfile/no-stage: the Dockerfile has no FROM",
        "Dockerfile:1:1+4 error dockerfile/unknown-instruction: there is no instruction FORM (did you mean FROM?)",
      ]
    `)
  })

  test('each mistake with its place', () => {
    const text = [
      ...[
        '# escape=x',
        '# escape=`',
        '# escape=`',
        'FORM a',
        'FROM a b',
        'FROM a AS 1x',
        'FROM --plaform=x a AS b',
        'COPPY a b',
      ],
      ...[
        'COPY a',
        'COPY --form=b a b',
        'COPY --link=maybe a b',
        'COPY --from a b',
        'COPY --chown=1 --chown=2 a b',
        'COPY [1] b',
      ],
      ...[
        'ENV a',
        'ENV a=1 b',
        'ARG =x',
        'ENV',
        'EXPOSE',
        'VOLUME [""]',
        'SHELL /bin/sh -c',
        'USER',
        "CMD ['a', 'b']",
      ],
      ...[
        'HEALTHCHECK CURL x',
        'HEALTHCHECK --interval=soon CMD x',
        'HEALTHCHECK --retries=-1 CMD x',
        'HEALTHCHECK CMD',
      ],
      ...[
        'HEALTHCHECK NONE x',
        'ONBUILD',
        'ONBUILD FROM x',
        'ONBUILD ONBUILD RUN x',
        'CMD --help',
        'RUN --mount=tpye=bind x',
      ],
      ...[
        'RUN --mount=type=cache,target x',
        'RUN --mount=from=$X,target=/x y',
        'RUN --network=bridge x',
        'FROM c AS b',
      ],
      ...['COPY a <<EOF', 'EOF', 'RUN a `', ' COPY b <<E', 'RUN <<END', 'never ends'],
    ]
    expect(findings(text.join('\n'))).toMatchInlineSnapshot(`
      "Dockerfile:1:1+10 error dockerfile/directive: the escape character is \\ or \`, not "x"
      Dockerfile:3:1+10 error dockerfile/directive: the directive "escape" is given twice
      Dockerfile:4:1+4 error dockerfile/unknown-instruction: there is no instruction FORM (did you mean FROM?)
      Dockerfile:5:6+3 error dockerfile/arguments: FROM takes an image, or an image, AS and a name (FROM image AS name)
      Dockerfile:6:11+2 error dockerfile/stage-name: "1x" cannot name a stage (a letter first, then letters, digits, "-", "_" and ".")
      Dockerfile:7:6+11 error dockerfile/unknown-flag: FROM has no flag --plaform (did you mean --platform?)
      Dockerfile:8:1+5 error dockerfile/unknown-instruction: there is no instruction COPPY (did you mean COPY?)
      Dockerfile:9:1+6 error dockerfile/arguments: COPY needs a source and a destination (COPY source… destination)
      Dockerfile:10:6+8 error dockerfile/unknown-flag: COPY has no flag --form (did you mean --from?)
      Dockerfile:11:6+12 error dockerfile/flag-value: --link is true or false, not "maybe"
      Dockerfile:12:6+6 error dockerfile/flag-value: --from needs a value: --from=…
      Dockerfile:13:16+9 error dockerfile/duplicate-flag: --chown is given twice
      Dockerfile:14:6+5 error dockerfile/json-strings: the array of COPY holds strings only
      Dockerfile:15:5+1 error dockerfile/name-value: ENV needs a name and a value (ENV NAME=value)
      Dockerfile:16:9+1 error dockerfile/name-value: ENV takes NAME=value; "b" is not (quote a value that has blanks: NAME="a b")
      Dockerfile:17:5+2 error dockerfile/name-value: ARG needs a name before "="
      Dockerfile:18:1+3 error dockerfile/arguments: ENV needs a name and a value (ENV NAME=value)
      Dockerfile:19:1+6 error dockerfile/arguments: EXPOSE needs a port (EXPOSE 8080)
      Dockerfile:20:8+4 error dockerfile/arguments: a path of VOLUME is empty
      Dockerfile:21:7+10 error dockerfile/shell-json: SHELL takes a JSON array of strings (SHELL ["/bin/bash", "-c"])
      Dockerfile:22:1+4 error dockerfile/arguments: USER needs exactly one argument
      Dockerfile:24:13+6 error dockerfile/healthcheck: HEALTHCHECK is NONE or CMD, not "CURL" (HEALTHCHECK CMD command)
      Dockerfile:25:24+4 error dockerfile/healthcheck: --interval is a duration of at least 1ms, not "soon" (such as 30s or 1m30s)
      Dockerfile:26:23+2 error dockerfile/healthcheck: --retries is a count, not "-1"
      Dockerfile:27:13+3 error dockerfile/healthcheck: HEALTHCHECK CMD needs a command
      Dockerfile:28:13+6 error dockerfile/healthcheck: HEALTHCHECK NONE takes nothing more
      Dockerfile:29:1+7 error dockerfile/arguments: ONBUILD needs an instruction (ONBUILD RUN …)
      Dockerfile:30:9+6 error dockerfile/onbuild: ONBUILD cannot hold FROM
      Dockerfile:31:9+13 error dockerfile/onbuild: ONBUILD cannot hold ONBUILD
      Dockerfile:32:5+6 error dockerfile/unknown-flag: CMD has no flag --help (a word that starts with -- is read as a flag; write CMD -- … to end the flags)
      Dockerfile:33:13+9 error dockerfile/mount: a mount has no key "tpye" (did you mean type?)
      Dockerfile:34:13+17 error dockerfile/mount: "target" of a mount needs a value
      Dockerfile:35:13+17 error dockerfile/mount: "from" of a mount takes no variables (give the image a stage of its own (FROM $X AS name) and say from=name)
      Dockerfile:36:15+6 error dockerfile/flag-value: --network is default, none or host, not "bridge"
      Dockerfile:38:8+5 error dockerfile/heredoc-destination: a heredoc cannot be the destination of COPY
      Dockerfile:40:1+5 error dockerfile/unterminated-heredoc: the heredoc "E" never ends (put E on a line of its own, with nothing before or after it)
      Dockerfile:23:5+10 warning dockerfile/not-json: this looks like an exec form but runs in a shell (JSON needs straight double quotes and no comma at the end)
      Dockerfile:37:1+11 warning dockerfile/duplicate-stage: the stage "b" exists already"
    `)
  })

  test('a place on a continued line', () => {
    expect(findings('FROM a\nCOPY --link \\\n  --fro=b \\\n  x y')).toMatchInlineSnapshot(
      `"Dockerfile:3:3+7 error dockerfile/unknown-flag: COPY has no flag --fro (did you mean --from?)"`,
    )
  })
})

describe('any text at all', () => {
  const pieces = fc.constantFrom(
    ...[
      'FROM ',
      'RUN ',
      'COPY ',
      'ENV ',
      'ONBUILD ',
      'HEALTHCHECK ',
      '--mount=',
      '--from=',
      '<<EOF',
      '<<-',
      '\\',
      '`',
      '"',
      "'",
    ],
    ...[
      '$',
      '${',
      '}',
      ':-',
      '[',
      ']',
      '["a"]',
      ',',
      '=',
      '#',
      '# escape=`',
      '\n',
      '\r\n',
      '\t',
      ' ',
      'a',
      'EOF',
      '\0',
      '😀',
    ],
  )

  test('never throws, and every finding lies in the file', () => {
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 60 }), (chosen) => {
        const text = chosen.join('')
        const result = parseDockerfile(text, 'Dockerfile')
        const lines = text.split('\n').length
        for (const finding of [...(result.ok ? [] : result.errors), ...result.warnings]) {
          expect(finding.span?.line).toBeLessThanOrEqual(lines)
          expect(finding.span?.column).toBeGreaterThan(0)
        }
      }),
      { numRuns: 2000 },
    )
  })

  test.each([
    ['brackets', 'FROM a\nCMD ' + '['.repeat(60_000)],
    ['quotes', 'FROM a\nENV a=' + '"'.repeat(60_000)],
    ['flags', 'FROM a\nRUN ' + '--x '.repeat(15_000)],
    ['nested variables', 'FROM a\nRUN <<' + '${a:-'.repeat(10_000)],
    ['nested triggers', 'FROM a\n' + 'ONBUILD '.repeat(8000) + 'RUN <<E'],
    ['a long name', 'FROM a\n' + 'x'.repeat(60_000)],
    ['a line beyond the limit', 'FROM a\nRUN ' + 'x'.repeat(70_000)],
    ['continuations', 'FROM a\nRUN ' + '\\\n'.repeat(100_000)],
    ['heredocs', 'FROM a\nRUN ' + '<<A '.repeat(10_000) + '\n' + 'A\n'.repeat(10_000)],
  ])('ends on %s', (_name, text) => {
    expect(() => parseDockerfile(text, 'Dockerfile')).not.toThrow()
  })
})
