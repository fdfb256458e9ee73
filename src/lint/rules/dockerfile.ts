import type { Image } from '../../resolve/resolved.ts'
import type { CommandLine, Dockerfile, Instruction, Stage } from '../../images/dockerfile/instructions.ts'
import type { Span } from '../../stack/diagnostics.ts'
import type { Finding, Rule } from '../finding.ts'
import { dockerfileRules as rules } from './dockerfile-rules.ts'
import { leftoversOf, toolsOf } from './shell.ts'
import { looksSecret } from './secret-words.ts'

/** An image of the stack with the Dockerfile that it is built by. */
export interface LintedImage {
  readonly image: Image
  readonly dockerfile: Dockerfile
  readonly text: string
  /** Index of the stage that is built. */
  readonly target: number
  /** Images from outside by stage index, variables expanded; stages of others, and `scratch`, have none. */
  readonly bases: ReadonlyMap<number, string>
  readonly hasIgnoreFile: boolean
}

/** What is wrong with the Dockerfile of one image. */
export function lintDockerfile(linted: LintedImage): Finding[] {
  const { image, dockerfile, target } = linted
  const final = dockerfile.stages[target]
  const findings: Finding[] = []
  const report = (rule: Rule, message: string, span: Span, hint?: string): void => {
    findings.push({
      rule,
      subject: `image ${image.name}`,
      message,
      span,
      ...(hint !== undefined && { hint }),
    })
  }
  const all = [
    ...dockerfile.globalArgs,
    ...dockerfile.stages.flatMap(({ from, instructions }) => [from, ...instructions]),
  ]
  for (const instruction of all) checkInstruction(instruction, report)
  for (const stage of dockerfile.stages) checkStage(stage, linted, report)
  if (final) checkFinal(final, linted, report)
  if (!linted.hasIgnoreFile && readsContext(dockerfile) && final)
    report(
      rules.ignore,
      `${image.context} has no .dockerignore`,
      firstCopy(dockerfile) ?? final.from.span,
      'list what the build must not see: .git, node_modules, .env',
    )
  if (image.tag.kind === 'text' && image.tag.text === 'latest')
    report(
      rules.imageTag,
      'every build is called latest',
      image.from,
      'leave `tag` out: the content then makes it',
    )
  return findings
}

type Report = (rule: Rule, message: string, span: Span, hint?: string) => void

function checkInstruction(instruction: Instruction, report: Report): void {
  const { kind, span, text } = instruction
  const keyword = /^\S*/.exec(text.trimStart())?.[0] ?? ''
  if (keyword !== keyword.toUpperCase())
    report(rules.case, `\`${keyword}\` is not in capitals`, span, `write ${keyword.toUpperCase()}`)
  switch (kind) {
    case 'add':
      if (
        instruction.sources.some(
          ({ text: source }) =>
            !/^(https?|git|ssh):|^git@|\.(tar|tgz|tbz2?|txz)(\.\w+)?$|\.t?[gx]z$/.test(source),
        )
      )
        report(rules.copy, 'ADD fetches and unpacks; here it only copies', span, 'write COPY')
      return
    case 'arg':
      for (const arg of instruction.args.filter(({ name }) => looksSecret(name)))
        report(
          rules.secret,
          `the value of ${arg.name} is kept in the history of the image`,
          arg.span,
          secretCure,
        )
      return
    case 'env':
      for (const pair of instruction.pairs.filter(({ key, value }) => looksSecret(key) && value !== ''))
        report(rules.secret, `the value of ${pair.key} is part of the image`, pair.span, secretCure)
      return
    case 'cmd':
    case 'entrypoint':
      if (isShell(instruction.command))
        report(
          rules.exec,
          `${kind.toUpperCase()} runs below a shell, which keeps SIGTERM from the program`,
          span,
          `write a list: ${kind.toUpperCase()} ["program", "argument"]`,
        )
      return
    case 'run':
      for (const { message, hint } of leftoversOf(instruction)) report(rules.leftovers, message, span, hint)
      if (/^\s*(chmod|chown)\s[^;&|]*$/.test(instruction.command.words.join(' ')))
        report(
          rules.permissions,
          'a layer that only sets owner or mode holds the files once more',
          span,
          'write COPY --chown=… --chmod=…',
        )
      return
    default:
  }
}

const secretCure = 'mount it while it is needed: `secrets` of the image, RUN --mount=type=secret'

function isShell({ form }: CommandLine): boolean {
  return form === 'shell'
}

function checkStage(stage: Stage, { bases }: LintedImage, report: Report): void {
  const base = bases.get(stage.index)
  const { span } = stage.from.image
  if (base !== undefined && !base.includes('@')) {
    const tag = /:([^:/]+)$/.exec(base)?.[1]
    if (tag === undefined)
      report(
        rules.baseTag,
        `${base} has no tag, so it is another image each time`,
        span,
        `write ${base}:VERSION`,
      )
    else if (tag === 'latest')
      report(rules.baseTag, `${base} is another image each time`, span, 'name a version')
  }
  checkLayers(stage, report)
  checkOrder(stage, report)
}

/** As many RUN in a row that one would do. */
const mostRuns = 3

function checkLayers({ instructions }: Stage, report: Report): void {
  let first: Instruction | undefined
  let count = 0
  for (const instruction of [...instructions, undefined]) {
    if (instruction?.kind === 'run' && instruction.mounts.length === 0) {
      first ??= instruction
      count++
      continue
    }
    if (first && count >= mostRuns)
      report(
        rules.layers,
        `${count} RUN follow each other, each a layer`,
        first.span,
        'join them with &&, or one heredoc',
      )
    first = undefined
    count = 0
  }
}

/** Everything copied before dependencies are installed makes every edit install them again. */
function checkOrder({ instructions }: Stage, report: Report): void {
  const whole = instructions.findIndex(
    (each) => each.kind === 'copy' && !each.from && each.sources.some(({ text }) => /^\.?\/?$/.test(text)),
  )
  if (whole === -1) return
  const install = instructions
    .slice(whole)
    .find(
      (each) =>
        each.kind === 'run' &&
        /\b(npm (ci|install)|yarn install|pnpm install|pip3? install|go mod download|bundle install|composer install|apt-get install|apk add|cargo fetch|mvn dependency)\b/.test(
          each.text,
        ),
    )
  const copy = instructions[whole]
  if (install && copy)
    report(
      rules.order,
      `every edit makes line ${install.span.line} run again, which installs`,
      copy.span,
      'copy the list of dependencies, install, then copy the rest',
    )
}

function checkFinal(final: Stage, { dockerfile, bases }: LintedImage, report: Report): void {
  const chain = chainOf(final, dockerfile)
  const base = chain.map(({ index }) => bases.get(index)).find((each) => each !== undefined)
  const at = chain.at(-1)?.from.image.span ?? final.from.image.span
  if (base !== undefined && !isSmall(base))
    report(
      rules.smallBase,
      `${base} is a full system`,
      at,
      'a variant -slim or -alpine, or distroless, holds less',
    )
  const user = chain.flatMap(({ instructions }) =>
    instructions.filter(({ kind }) => kind === 'user').reverse(),
  )[0]
  const name = user?.kind === 'user' ? user.value.text : undefined
  if (base !== undefined && !/nonroot/.test(base) && (name === undefined || /^(root|0)(:|$)/.test(name)))
    report(
      rules.user,
      'the program runs as root',
      user?.span ?? final.from.span,
      'add USER with a number, such as USER 65532',
    )
  const tools =
    chain.length === dockerfile.stages.length
      ? toolsOf(chain.flatMap(({ instructions }) => instructions))
      : undefined
  if (tools)
    report(
      rules.stages,
      `what ${tools.command} needs stays in the image`,
      tools.span,
      'build in a stage of its own, and COPY --from it what runs',
    )
}

/** The stage and those that it is FROM, in this order. */
function chainOf(stage: Stage, dockerfile: Dockerfile): Stage[] {
  const below = dockerfile.stages
    .slice(0, stage.index)
    .findLast(({ name }) => name !== undefined && name === stage.from.image.text.toLowerCase())
  return below ? [stage, ...chainOf(below, dockerfile)] : [stage]
}

function isSmall(reference: string): boolean {
  return /slim|alpine|distroless|scratch|busybox|chainguard|wolfi|-micro|-minimal|-static/.test(reference)
}

function readsContext(dockerfile: Dockerfile): boolean {
  return firstCopy(dockerfile) !== undefined
}

/** The first that copies a whole folder of the context: single files need no list of what to leave out. */
function firstCopy({ stages }: Dockerfile): Span | undefined {
  return stages
    .flatMap(({ instructions }) => instructions)
    .find(
      (each) =>
        (each.kind === 'copy' || each.kind === 'add') &&
        !each.from &&
        each.sources.some(({ text }) => /^\.?\/?$|\/$/.test(text)),
    )?.span
}
