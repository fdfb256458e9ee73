import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { asciiRow } from '../../tui/ascii.ts'
import { textOf, widthOf } from '../../tui/row.ts'
import { paneNames, tabNames } from '../../tui/ui-state.ts'
import { frame } from '../../tui/view-model.ts'
import { modelOf, screenText } from './picture.ts'

describe('frames of the picture', () => {
  test('120 × 32', () => {
    expect(screenText(modelOf(120, 32))).toMatchInlineSnapshot(`
      "
       iam  kind                     ● 3 ready  ◐ 1 updating  … 1 waiting  ✘ 1 failed   smoke 2 ✔ 1 ✘   forwards 2   12:41:07 
      ┌ 1 Services ────────────────────────────────────────────────┐┌ 4 Logs  iam-apiserver  following ──────────────────────┐
      │ ● mariadb       10.11       1/1  12m                       ││ 12:41:02 #1 GET /v1/users 200 3 ms                     │
      │ ● redis         7           1/1  12m                       ││ 12:41:03 #1 GET /v1/users/admin 200 2 ms               │
      │ ● iam-authz     3f9c00c     2/2   9m                       ││ 12:41:05 #2 listening on :8443                         │
      │ ✔ migrate       job 0.8 s         9m  completed            ││ 12:41:05 #2 connected to mariadb:3306␛]0;title␇        │
      │ ◐ iam-apiserver a07d00c     1/2   3s  replace: src/users.t…││                                                        │
      │   └ pod b21e: readiness /healthz 503, 2 times              ││                                                        │
      │ ✘ iam-pump                       14s  exited 1, 3 times    ││                                                        │
      │   └ MONGO_URL refused by ferretdb: authentication failed   ││                                                        │
      │ … iamctl                         14s  waiting for iam-pump…││                                                        │
      │                                                            ││                                                        │
      │                                                            ││                                                        │
      │                                                            ││                                                        │
      │                                                            ││                                                        │
      │                                                            ││                                                        │
      │                                                            ││                                                        │
      │                                                            ││                                                        │
      │                                                            ││                                                        │
      │                                                            ││                                                        │
      │                                                            ││                                                        │
      │                                                            │├ 5 Events ──────────────────────────────────────────────┤
      │                                                            ││ 12:31:08 migrate        run done in 800 ms             │
      ├ 2 Forwards ────────────────────────────────────────────────┤│ 12:41:02 files          changed: src/users.ts          │
      │ ● https://localhost:8443  iam-apiserver:https  2 open      ││ 12:41:04 iam-apiserver  replace: src/users.ts changed  │
      │ ◐ http://localhost:9090   iam-authz:http       no pod is r…││ 12:40:53 iam-pump       create failed: exited 1, 3 tim…│
      ├ 3 Smoke ───────────────────────────────────────────────────┤│ 12:40:53 iamctl         waiting for iam-pump: healthy  │
      │ ✔ healthz  12 ms                                           ││ 12:40:59 smoke          healthz passed in 12 ms        │
      │ ✔ login  48 ms                                             ││ 12:40:59 smoke          login passed in 48 ms          │
      │ ✘ policy  step 3: POST /v1/authz: expected 403, got 200    ││ 12:41:00 smoke          policy failed: step 3: POST /v…│
      └────────────────────────────────────────────────────────────┘└────────────────────────────────────────────────────────┘
       enter details  l logs  s shell  r restart  b rebuild  m merge  t smoke  / filter  : command  ? help  q quit            
      "
    `)
  })
  test('99 × 30', () => {
    expect(screenText(modelOf(99, 30))).toMatchInlineSnapshot(`
      "
       iam  kind              ● 3 ready  ◐ 1 updating  … 1 waiting  ✘ 1 failed   smoke 2 ✔ 1 ✘  12:41:07 
      ┌ 1 Services ─────────────────────────────────────────────────────────────────────────────────────┐
      │ ● mariadb       10.11       1/1  12m                                                            │
      │ ● redis         7           1/1  12m                                                            │
      │ ● iam-authz     3f9c00c     2/2   9m                                                            │
      │ ✔ migrate       job 0.8 s         9m  completed                                                 │
      │ ◐ iam-apiserver a07d00c     1/2   3s  replace: src/users.ts changed                             │
      │   └ pod b21e: readiness /healthz 503, 2 times                                                   │
      │ ✘ iam-pump                       14s  exited 1, 3 times                                         │
      │   └ MONGO_URL refused by ferretdb: authentication failed                                        │
      │ … iamctl                         14s  waiting for iam-pump: healthy                             │
      │                                                                                                 │
      │                                                                                                 │
      │                                                                                                 │
      │                                                                                                 │
      │                                                                                                 │
      │                                                                                                 │
      │                                                                                                 │
      │                                                                                                 │
      │                                                                                                 │
      │                                                                                                 │
      ├ 2 Forwards ─────────────────────────────────────────────────────────────────────────────────────┤
      │ ● https://localhost:8443  iam-apiserver:https  2 open                                           │
      │ ◐ http://localhost:9090   iam-authz:http       no pod is ready                                  │
      ├ 3 Smoke ────────────────────────────────────────────────────────────────────────────────────────┤
      │ ✔ healthz  12 ms                                                                                │
      │ ✔ login  48 ms                                                                                  │
      │ ✘ policy  step 3: POST /v1/authz: expected 403, got 200                                         │
      └─────────────────────────────────────────────────────────────────────────────────────────────────┘
       enter details  l logs  s shell  r restart  b rebuild  m merge  t smoke  / filter  ? help  q quit  
      "
    `)
  })
  test('79 × 24', () => {
    expect(screenText(modelOf(79, 24))).toMatchInlineSnapshot(`
      "
       iam          ● 3 ready  ◐ 1 updating  … 1 waiting  ✘ 1 failed   smoke 2 ✔ 1 ✘ 
      ┌ 1 Services ─────────────────────────────────────────────────────────────────┐
      │ ● mariadb         1/1                                                       │
      │ ● redis           1/1                                                       │
      │ ● iam-authz       2/2                                                       │
      │ ✔ migrate              completed                                            │
      │ ◐ iam-apiserver   1/2  replace: src/users.ts changed                        │
      │   └ pod b21e: readiness /healthz 503, 2 times                               │
      │ ✘ iam-pump             exited 1, 3 times                                    │
      │   └ MONGO_URL refused by ferretdb: authentication failed                    │
      │ … iamctl               waiting for iam-pump: healthy                        │
      │                                                                             │
      │                                                                             │
      │                                                                             │
      │                                                                             │
      ├ 2 Forwards ─────────────────────────────────────────────────────────────────┤
      │ ● https://localhost:8443  iam-apiserver:https  2 open                       │
      │ ◐ http://localhost:9090   iam-authz:http       no pod is ready              │
      ├ 3 Smoke ────────────────────────────────────────────────────────────────────┤
      │ ✔ healthz  12 ms                                                            │
      │ ✔ login  48 ms                                                              │
      │ ✘ policy  step 3: POST /v1/authz: expected 403, got 200                     │
      └─────────────────────────────────────────────────────────────────────────────┘
       enter details  l logs  s shell  r restart  b rebuild  m merge  ? help  q quit 
      "
    `)
  })
  test('59 × 20', () => {
    expect(screenText(modelOf(59, 20))).toMatchInlineSnapshot(`
      "
       iam      ● 3 ready  ◐ 1 updating  … 1 waiting  ✘ 1 failed 
      ┌ 1 Services ─────────────────────────────────────────────┐
      │ ● mariadb                                               │
      │ ● redis                                                 │
      │ ● iam-authz                                             │
      │ ✔ migrate        completed                              │
      │ ◐ iam-apiserver  replace: src/users.ts changed          │
      │   └ pod b21e: readiness /healthz 503, 2 times           │
      │ ✘ iam-pump       exited 1, 3 times                      │
      │   └ MONGO_URL refused by ferretdb: authentication failed│
      │ … iamctl         waiting for iam-pump: healthy          │
      ├ 2 Forwards ─────────────────────────────────────────────┤
      │ ● https://localhost:8443  iam-apiserver:https  2 open   │
      │ ◐ http://localhost:9090   iam-authz:http       no pod i…│
      ├ 3 Smoke ────────────────────────────────────────────────┤
      │ ✔ healthz  12 ms                                        │
      │ ✔ login  48 ms                                          │
      │ ✘ policy  step 3: POST /v1/authz: expected 403, got 200 │
      └─────────────────────────────────────────────────────────┘
       enter details  l logs  s shell  r restart  ? help  q quit 
      "
    `)
  })
  test('40 × 10: one pane at a time', () => {
    expect(screenText(modelOf(40, 10))).toMatchInlineSnapshot(`
      "
       iam                    ● 3 ◐ 1 … 1 ✘ 1 
      ┌ 1 Services ──────────────────────────┐
      │ ● redis                              │
      │ ● iam-authz                          │
      │ ✔ migrate       completed            │
      │ ◐ iam-apiserv…  replace: src/users.t…│
      │   └ pod b21e: readiness /healthz 503…│
      │ ✘ iam-pump      exited 1, 3 times    │
      └──────────────────────────────────────┘
       enter details  l logs  ? help  q quit  
      "
    `)
    expect(screenText(modelOf(40, 10, { focus: 'logs' }))).toMatchInlineSnapshot(`
      "
       iam                    ● 3 ◐ 1 … 1 ✘ 1 
      ┌ 4 Logs  iam-apiserver  following ────┐
      │ 12:41:02 #1 GET /v1/users 200 3 ms   │
      │ 12:41:03 #1 GET /v1/users/admin 200 …│
      │ 12:41:05 #2 listening on :8443       │
      │ 12:41:05 #2 connected to mariadb:330…│
      │                                      │
      │                                      │
      └──────────────────────────────────────┘
       f follow  / search  ? help  q quit     
      "
    `)
  })
  test('160 × 50', () => {
    expect(screenText(modelOf(160, 50))).toMatchInlineSnapshot(`
      "
       iam  kind                                                             ● 3 ready  ◐ 1 updating  … 1 waiting  ✘ 1 failed   smoke 2 ✔ 1 ✘   forwards 2   12:41:07 
      ┌ 1 Services ─────────────────────────────────────────────────────────────┐┌ 4 Logs  iam-apiserver  following ─────────────────────────────────────────────────┐
      │ ● mariadb       10.11       1/1  12m                                    ││ 12:41:02 #1 GET /v1/users 200 3 ms                                                │
      │ ● redis         7           1/1  12m                                    ││ 12:41:03 #1 GET /v1/users/admin 200 2 ms                                          │
      │ ● iam-authz     3f9c00c     2/2   9m                                    ││ 12:41:05 #2 listening on :8443                                                    │
      │ ✔ migrate       job 0.8 s         9m  completed                         ││ 12:41:05 #2 connected to mariadb:3306␛]0;title␇                                   │
      │ ◐ iam-apiserver a07d00c     1/2   3s  replace: src/users.ts changed     ││                                                                                   │
      │   └ pod b21e: readiness /healthz 503, 2 times                           ││                                                                                   │
      │ ✘ iam-pump                       14s  exited 1, 3 times                 ││                                                                                   │
      │   └ MONGO_URL refused by ferretdb: authentication failed                ││                                                                                   │
      │ … iamctl                         14s  waiting for iam-pump: healthy     ││                                                                                   │
      │                                                                         ││                                                                                   │
      │                                                                         ││                                                                                   │
      │                                                                         ││                                                                                   │
      │                                                                         ││                                                                                   │
      │                                                                         ││                                                                                   │
      │                                                                         ││                                                                                   │
      │                                                                         ││                                                                                   │
      │                                                                         ││                                                                                   │
      │                                                                         ││                                                                                   │
      │                                                                         ││                                                                                   │
      │                                                                         ││                                                                                   │
      │                                                                         ││                                                                                   │
      │                                                                         ││                                                                                   │
      │                                                                         ││                                                                                   │
      │                                                                         ││                                                                                   │
      │                                                                         ││                                                                                   │
      │                                                                         ││                                                                                   │
      │                                                                         ││                                                                                   │
      │                                                                         ││                                                                                   │
      │                                                                         ││                                                                                   │
      │                                                                         ││                                                                                   │
      │                                                                         ││                                                                                   │
      │                                                                         ││                                                                                   │
      │                                                                         │├ 5 Events ─────────────────────────────────────────────────────────────────────────┤
      │                                                                         ││ 12:29:05 redis          create: not there yet                                     │
      │                                                                         ││ 12:29:07 redis          create done in 2.00 s                                     │
      │                                                                         ││ 12:32:05 iam-authz      create: image changed                                     │
      │                                                                         ││ 12:32:07 iam-authz      create done in 2.00 s                                     │
      │                                                                         ││ 12:31:07 migrate        run: not there yet                                        │
      │                                                                         ││ 12:31:08 migrate        run done in 800 ms                                        │
      ├ 2 Forwards ─────────────────────────────────────────────────────────────┤│ 12:41:02 files          changed: src/users.ts                                     │
      │ ● https://localhost:8443  iam-apiserver:https  2 open                   ││ 12:41:04 iam-apiserver  replace: src/users.ts changed                             │
      │ ◐ http://localhost:9090   iam-authz:http       no pod is ready          ││ 12:40:53 iam-pump       create failed: exited 1, 3 times                          │
      ├ 3 Smoke ────────────────────────────────────────────────────────────────┤│ 12:40:53 iamctl         waiting for iam-pump: healthy                             │
      │ ✔ healthz  12 ms                                                        ││ 12:40:59 smoke          healthz passed in 12 ms                                   │
      │ ✔ login  48 ms                                                          ││ 12:40:59 smoke          login passed in 48 ms                                     │
      │ ✘ policy  step 3: POST /v1/authz: expected 403, got 200                 ││ 12:41:00 smoke          policy failed: step 3: POST /v1/authz: expected 403, got …│
      └─────────────────────────────────────────────────────────────────────────┘└───────────────────────────────────────────────────────────────────────────────────┘
       enter details  l logs  s shell  r restart  b rebuild  m merge  t smoke  / filter  : command  ! faults only  ? help  q quit                                     
      "
    `)
  })
})

describe('what is chosen to be seen', () => {
  test('the diagnosis of a failed service, with the line of the stack file', () => {
    expect(screenText(modelOf(100, 24, { details: { resource: 'service/iam-pump', tab: 'why', down: 0 } })))
      .toMatchInlineSnapshot(`
        "
         iam  kind               ● 3 ready  ◐ 1 updating  … 1 waiting  ✘ 1 failed   smoke 2 ✔ 1 ✘  12:41:07 
        ┌ 1 Services ──────────────────────────────────────┐┌ iam-pump ────────────────────────────────────┐
        │ ● mariadb       10.11       1/1  12m             ││  logs   why   describe   plan                │
        │ ● redis         7           1/1  12m             ││                                              │
        │ ● iam-authz     3f9c00c     2/2   9m             ││ ✘ exited 1, 3 times                          │
        │ ✔ migrate       job 0.8 s         9m  completed  ││   iamstack.yaml:88:7                         │
        │ ◐ iam-apiserver a07d00c     1/2   3s  replace: s…││   │ connecting                               │
        │   └ pod b21e: readiness /healthz 503, 2 times    ││   │ MONGO_URL refused by ferretdb: authentic │
        │ ✘ iam-pump                       14s  exited 1, …││   ation failed                               │
        │   └ MONGO_URL refused by ferretdb: authenticatio…││   → iamstack logs iam-pump                   │
        │ … iamctl                         14s  waiting fo…││                                              │
        │                                                  ││ what happened                                │
        │                                                  ││ 12:40:53 iam-pump  create failed: exited 1, …│
        │                                                  ││                                              │
        │                                                  ││                                              │
        ├ 2 Forwards ──────────────────────────────────────┤│                                              │
        │ ● https://localhost:8443  iam-apiserver:https  2…││                                              │
        │ ◐ http://localhost:9090   iam-authz:http       n…││                                              │
        ├ 3 Smoke ─────────────────────────────────────────┤│                                              │
        │ ✔ healthz  12 ms                                 ││                                              │
        │ ✔ login  48 ms                                   ││                                              │
        │ ✘ policy  step 3: POST /v1/authz: expected 403, …││                                              │
        └──────────────────────────────────────────────────┘└──────────────────────────────────────────────┘
         [ ] tabs  l logs  s shell  r restart  b rebuild  t smoke  / filter  : command  ? help  q quit      
        "
      `)
  })
  test('its description, on a screen that has no room for two sides', () => {
    expect(
      screenText(modelOf(70, 16, { details: { resource: 'service/iam-authz', tab: 'describe', down: 0 } })),
    ).toMatchInlineSnapshot(`
      "
       iam                 ● 3 ready  ◐ 1 updating  … 1 waiting  ✘ 1 failed 
      ┌ iam-authz ─────────────────────────────────────────────────────────┐
      │  logs   why   describe   plan                                      │
      │                                                                    │
      │ resource   service/iam-authz                                       │
      │ health     ready                                                   │
      │ detail     ready                                                   │
      │ since      12:32:07.000                                            │
      │ replicas   2 of 2 ready                                            │
      │ last step  create: image changed, in 2.00 s                        │
      │ image      iam-authz@sha256:3f9c00c1d2e3f4a5                       │
      │                                                                    │
      │                                                                    │
      │                                                                    │
      └────────────────────────────────────────────────────────────────────┘
       [ ] tabs  l logs  s shell  r restart  b rebuild  ? help  q quit      
      "
    `)
  })
  test('the help', () => {
    expect(screenText(modelOf(110, 40, { help: 0 }))).toMatchInlineSnapshot(`
      "
       iam  kind           ● 3 ready  ◐ 1 updating  … 1 waiting  ✘ 1 failed   smoke 2 ✔ 1 ✘   forwards 2   12:41:07 
      ┌ Keys  esc closes ──────────────────────────────────────────────────────────────────────────────────────────┐
      │ anywhere                                              services and details                                 │
      │   esc        back: details, zoom, filter, marks         enter      details                                 │
      │   t          run all smoke tests                        l          logs                                    │
      │   /          only what is called like this, or !so      p          logs of the instance before             │
      │   :          any command                                s          shell in a ready replica                │
      │   !          only what is at fault                      r          restart                                 │
      │   k up       up                                         b          rebuild                                 │
      │   j down     down                                       R          bring everything of it again (asks)     │
      │   PgUp       a page up                                  d          describe                                │
      │   PgDn       a page down                                y          why it is in its state                  │
      │   g          to the beginning                           c          another number of replicas              │
      │   G          to the end                                 ctrl-d     stop (asks)                             │
      │   1-5        pane by its number                         space      mark; keys then act on all that are mar…│
      │   tab        next pane                                                                                     │
      │   shift-tab  pane before                              details                                              │
      │   +          this pane alone                            [          tab of the details before               │
      │   _          all panes                                  [ ]        next tab of the details                 │
      │   ?          this help                                                                                     │
      │   q          leave; asks what becomes of the stack    logs                                                 │
      │   Q          end dev, when attached too (asks)          f          follow: the newest line stays in view   │
      │                                                         /          only lines with a text, or !text without│
      │                                                         w          wrap long lines                         │
      │                                                         t          time of each line                       │
      │                                                         m          logs of all services, or of one         │
      │                                                                                                            │
      │                                                       forwards                                             │
      │                                                         o          open in a browser                       │
      │                                                                                                            │
      │                                                       smoke tests                                          │
      │                                                         t          run this smoke test                     │
      │                                                                                                            │
      │                                                                                                            │
      │                                                                                                            │
      │                                                                                                            │
      │                                                                                                            │
      │                                                                                                            │
      └────────────────────────────────────────────────────────────────────────────────────────────────────────────┘
       enter details  l logs  s shell  r restart  b rebuild  m merge  t smoke  / filter  : command  ? help  q quit  
      "
    `)
  })
  test('only what is at fault, without Unicode', () => {
    const rows = frame(modelOf(70, 15, { isFaultsOnly: true })).map(asciiRow)
    expect(`\n${rows.map(textOf).join('\n')}\n`).toMatchInlineSnapshot(`
      "
       iam                 * 3 ready  ~ 1 updating  . 1 waiting  x 1 failed 
      + 1 Services  faults only -------------------------------------------+
      | x iam-pump        exited 1, 3 times                                |
      |   + MONGO_URL refused by ferretdb: authentication failed           |
      |                                                                    |
      |                                                                    |
      |                                                                    |
      + 2 Forwards --------------------------------------------------------+
      | * https://localhost:8443  iam-apiserver:https  2 open              |
      | ~ http://localhost:9090   iam-authz:http       no pod is ready     |
      + 3 Smoke -----------------------------------------------------------+
      | + healthz  12 ms                                                   |
      | + login  48 ms                                                     |
      +--------------------------------------------------------------------+
       enter details  l logs  s shell  r restart  b rebuild  ? help  q quit 
      "
    `)
  })
})

describe('rows', () => {
  const sizes = fc.record({
    columns: fc.integer({ min: 0, max: 300 }),
    rows: fc.integer({ min: 0, max: 100 }),
  })
  const views = fc.record({
    focus: fc.constantFrom(...paneNames),
    isZoomed: fc.boolean(),
    isFaultsOnly: fc.boolean(),
    filter: fc.string({ unit: 'binary', maxLength: 4 }),
    help: fc.option(fc.nat({ max: 200 }), { nil: undefined }),
    details: fc.option(
      fc.record({
        resource: fc.constantFrom('service/iam-pump', 'service/gone'),
        tab: fc.constantFrom(...tabNames),
        down: fc.nat({ max: 300 }),
      }),
      { nil: undefined },
    ),
  })
  test('fill the screen exactly, whatever its size and whatever is seen', { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(sizes, views, fc.string({ unit: 'binary', maxLength: 200 }), (size, view, line) => {
        const model = modelOf(size.columns, size.rows, view)
        model.logs.write({ time: 0, service: 'iam-pump', replica: 1, stream: 'stderr', text: line })
        const rows = frame(model)
        expect(rows).toHaveLength(size.columns === 0 ? 0 : size.rows)
        const broken = rows.filter(
          (row) =>
            widthOf(row) !== size.columns ||
            widthOf(asciiRow(row)) !== size.columns ||
            /\p{Cc}/u.test(textOf(row)),
        )
        expect(broken.map(textOf)).toEqual([])
      }),
      { numRuns: 100 },
    )
  })
})
