import { expect, test } from 'vitest'
import { folderWith, runCommand } from '../../commands/run-command.ts'

/** The first call loads the whole program. */
const patient = { timeout: 60_000 }

/** What `explain` says of paths of one image, without the excerpts. */
async function explained(
  dockerfile: string,
  paths: readonly string[],
  { files = {}, service = '' }: { files?: Readonly<Record<string, string>>; service?: string } = {},
): Promise<string> {
  const written = Object.fromEntries(paths.filter((path) => !path.endsWith('/')).map((path) => [path, 'x']))
  const cwd = await folderWith({
    ...written,
    ...files,
    Dockerfile: dockerfile,
    'iamstack.yaml': `name: pattern\nimages: { app: . }\nservices: { web: { image: app, ${service} } }\n`,
  })
  const { code, stdout, stderr } = await runCommand(['explain', '-p', 'compose', ...paths], {
    cwd,
    env: { IAMSTACK_STATE: cwd },
  })
  expect([code, stderr]).toEqual([0, ''])
  return `\n${stdout.replaceAll(/^ +(\d+ )? *\|.*\n/gm, '')}`
}

test('node: dependencies first, then the sources', patient, async () => {
  const dockerfile = `FROM node:20-slim
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev
COPY --chown=node:node . .
USER node
CMD ["node", "--watch", "server.js"]
`
  const paths = ['server.js', 'package.json', 'node_modules/a/index.js']
  const files = { '.dockerignore': 'node_modules\n' }
  expect(await explained(dockerfile, [...paths, 'package-lock.json'], { files })).toMatchInlineSnapshot(`
    "
    server.js: sync
      service web: copied to /app/server.js (owner node:node), then the process restarts
        COPY --chown=node:node . . (Dockerfile:5) brings it as it is: no RUN sees it on its way
        Dockerfile:5:1

    package.json: rebuild
      service web: built anew from stage 0 on
        RUN npm ci --omit=dev (Dockerfile:4) comes after COPY package.json package-lock.json ./ (Dockerfile:3) and may make something of it
        cheaper: name it in dev.exec with a command that does inside what the RUN does, or in dev.sync if nothing need be done
        Dockerfile:3:1

    node_modules/a/index.js: ignored
      .dockerignore:1 (node_modules) leaves it out of the build
      .dockerignore:1:1

    package-lock.json: rebuild
      service web: built anew from stage 0 on
        RUN npm ci --omit=dev (Dockerfile:4) comes after COPY package.json package-lock.json ./ (Dockerfile:3) and may make something of it
        cheaper: name it in dev.exec with a command that does inside what the RUN does, or in dev.sync if nothing need be done
        Dockerfile:3:1
    "
  `)
  const service = 'dev: { restart: none, exec: [{ on: package.json, run: npm ci }] }'
  expect(await explained(dockerfile, ['server.js', 'package.json', 'package-lock.json'], { service }))
    .toMatchInlineSnapshot(`
    "
    server.js: sync
      service web: copied to /app/server.js (owner node:node), and the program reloads it by itself
        COPY --chown=node:node . . (Dockerfile:5) brings it as it is: no RUN sees it on its way
        Dockerfile:5:1

    package.json: sync
      service web: copied to /app/package.json (owner node:node), then \`npm ci\` runs inside, and the program reloads it by itself
        dev.exec of service web says what to do with it
        iamstack.yaml:3:54

    package-lock.json: rebuild
      service web: built anew from stage 0 on
        RUN npm ci --omit=dev (Dockerfile:4) comes after COPY package.json package-lock.json ./ (Dockerfile:3) and may make something of it
        cheaper: name it in dev.exec with a command that does inside what the RUN does, or in dev.sync if nothing need be done
        Dockerfile:3:1
    "
  `)
})

test('python: a virtual environment from a stage', patient, async () => {
  const dockerfile = `FROM python:3.11-slim AS build
RUN python -m venv /venv
COPY requirements.txt .
RUN /venv/bin/pip install -r requirements.txt

FROM python:3.11-slim
WORKDIR /app
COPY --from=build /venv /venv
COPY app ./app
COPY entrypoint.sh /
ENV PATH=/venv/bin:$PATH
ENTRYPOINT ["/entrypoint.sh"]
`
  expect(
    await explained(dockerfile, ['app/main.py', 'requirements.txt', 'entrypoint.sh', 'tests/test_main.py']),
  ).toMatchInlineSnapshot(`
    "
    app/main.py: sync
      service web: copied to /app/app/main.py, then the process restarts
        COPY app ./app (Dockerfile:9) brings it as it is: no RUN sees it on its way
        Dockerfile:9:1

    requirements.txt: rebuild
      service web: built anew from stage build on
        built in stage build (Dockerfile:1): RUN /venv/bin/pip install -r requirements.txt (Dockerfile:4) may make something of it
        cheaper: build on this machine and name what comes of it in dev.sync: [{ from: …, to: /venv }]
        Dockerfile:3:1

    entrypoint.sh: sync
      service web: copied to /entrypoint.sh, then the process restarts
        COPY entrypoint.sh / (Dockerfile:10) brings it as it is: no RUN sees it on its way
        Dockerfile:10:1

    tests/test_main.py: ignored
      nothing that image app is built from reads it (it reads app, entrypoint.sh, requirements.txt)
    "
  `)
})

test('go: a static program in an image without a shell', patient, async () => {
  const dockerfile = `FROM golang:1.22 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -o /out/server ./cmd/server

FROM gcr.io/distroless/static-debian12
COPY --from=build /out/server /server
COPY --from=build /src/templates /templates
ENTRYPOINT ["/server"]
`
  expect(await explained(dockerfile, ['cmd/server/main.go', 'go.mod', 'templates/index.html', 'go.sum']))
    .toMatchInlineSnapshot(`
    "
    cmd/server/main.go: rebuild
      service web: built anew from stage build on
        built in stage build (Dockerfile:1): RUN CGO_ENABLED=0 go build -o /out/server ./cmd/server (Dockerfile:6) may make something of it
        cheaper: build on this machine and name what comes of it in dev.sync: [{ from: …, to: /server }]
        Dockerfile:5:1

    go.mod: rebuild
      service web: built anew from stage build on
        built in stage build (Dockerfile:1): RUN go mod download (Dockerfile:4) may make something of it
        cheaper: build on this machine and name what comes of it in dev.sync: [{ from: …, to: /server }]
        Dockerfile:3:1

    templates/index.html: rebuild
      service web: built anew from stage build on
        built in stage build (Dockerfile:1): RUN CGO_ENABLED=0 go build -o /out/server ./cmd/server (Dockerfile:6) may make something of it
        cheaper: name it in dev.exec with a command that does inside what the RUN does, or in dev.sync if nothing need be done
        Dockerfile:5:1

    go.sum: rebuild
      service web: built anew from stage build on
        built in stage build (Dockerfile:1): RUN go mod download (Dockerfile:4) may make something of it
        cheaper: build on this machine and name what comes of it in dev.sync: [{ from: …, to: /server }]
        Dockerfile:3:1
    "
  `)
  const service = 'dev: { sync: [{ from: ./out/server, to: /server }] }'
  expect(
    await explained(dockerfile, ['out/server', 'cmd/server/main.go', 'go.mod', 'go.sum', 'templates/a'], {
      service,
    }),
  ).toMatchInlineSnapshot(`
    "
    out/server: sync
      service web: copied to /server, then the process restarts
        dev.sync of service web names it
        iamstack.yaml:3:39

    cmd/server/main.go: rebuild
      service web: built anew from stage build on
        built in stage build (Dockerfile:1): RUN CGO_ENABLED=0 go build -o /out/server ./cmd/server (Dockerfile:6) may make something of it
        cheaper: build on this machine and name what comes of it in dev.sync: [{ from: …, to: /server }]
        Dockerfile:5:1

    go.mod: rebuild
      service web: built anew from stage build on
        built in stage build (Dockerfile:1): RUN go mod download (Dockerfile:4) may make something of it
        cheaper: build on this machine and name what comes of it in dev.sync: [{ from: …, to: /server }]
        Dockerfile:3:1

    go.sum: rebuild
      service web: built anew from stage build on
        built in stage build (Dockerfile:1): RUN go mod download (Dockerfile:4) may make something of it
        cheaper: build on this machine and name what comes of it in dev.sync: [{ from: …, to: /server }]
        Dockerfile:3:1

    templates/a: rebuild
      service web: built anew from stage build on
        built in stage build (Dockerfile:1): RUN CGO_ENABLED=0 go build -o /out/server ./cmd/server (Dockerfile:6) may make something of it
        cheaper: name it in dev.exec with a command that does inside what the RUN does, or in dev.sync if nothing need be done
        Dockerfile:5:1
    "
  `)
})

test('java: gradle in a stage, a jar in the image', patient, async () => {
  const dockerfile = `FROM gradle:8-jdk21 AS build
WORKDIR /home/gradle/project
COPY build.gradle settings.gradle ./
COPY src ./src
RUN --mount=type=cache,target=/home/gradle/.gradle gradle bootJar --no-daemon

FROM eclipse-temurin:21-jre
COPY --from=build /home/gradle/project/build/libs/app.jar /app/app.jar
COPY config/application.yaml /app/config/
ENTRYPOINT ["java", "-jar", "/app/app.jar"]
`
  expect(
    await explained(dockerfile, [
      'src/main/java/App.java',
      'build.gradle',
      'settings.gradle',
      'config/application.yaml',
    ]),
  ).toMatchInlineSnapshot(`
    "
    src/main/java/App.java: rebuild
      service web: built anew from stage build on
        built in stage build (Dockerfile:1): RUN gradle bootJar --no-daemon (Dockerfile:5) may make something of it
        cheaper: build on this machine and name what comes of it in dev.sync: [{ from: …, to: /app/app.jar }]
        Dockerfile:4:1

    build.gradle: rebuild
      service web: built anew from stage build on
        built in stage build (Dockerfile:1): RUN gradle bootJar --no-daemon (Dockerfile:5) may make something of it
        cheaper: build on this machine and name what comes of it in dev.sync: [{ from: …, to: /app/app.jar }]
        Dockerfile:3:1

    settings.gradle: rebuild
      service web: built anew from stage build on
        built in stage build (Dockerfile:1): RUN gradle bootJar --no-daemon (Dockerfile:5) may make something of it
        cheaper: build on this machine and name what comes of it in dev.sync: [{ from: …, to: /app/app.jar }]
        Dockerfile:3:1

    config/application.yaml: sync
      service web: copied to /app/config/application.yaml, then the process restarts
        COPY config/application.yaml /app/config/ (Dockerfile:9) brings it as it is: no RUN sees it on its way
        Dockerfile:9:1
    "
  `)
})

test('nginx: built pages, and its own configuration', patient, async () => {
  const dockerfile = `FROM node:20 AS build
WORKDIR /src
COPY package.json ./
RUN npm install
COPY web ./web
RUN npm run build

FROM nginx:1.22
COPY nginx.conf /etc/nginx/nginx.conf
COPY --from=build /src/dist /usr/share/nginx/html
COPY static /usr/share/nginx/html/static
`
  const service = 'dev: { restart: "signal:SIGHUP" }'
  expect(
    await explained(dockerfile, ['web/app.ts', 'nginx.conf', 'static/logo.svg', 'package.json'], { service }),
  ).toMatchInlineSnapshot(`
    "
    web/app.ts: rebuild
      service web: built anew from stage build on
        built in stage build (Dockerfile:1): RUN npm run build (Dockerfile:6) may make something of it
        cheaper: build on this machine and name what comes of it in dev.sync: [{ from: …, to: /usr/share/nginx/html }]
        Dockerfile:5:1

    nginx.conf: sync
      service web: copied to /etc/nginx/nginx.conf, then the program gets SIGHUP
        COPY nginx.conf /etc/nginx/nginx.conf (Dockerfile:9) brings it as it is: no RUN sees it on its way
        Dockerfile:9:1

    static/logo.svg: sync
      service web: copied to /usr/share/nginx/html/static/logo.svg, then the program gets SIGHUP
        COPY static /usr/share/nginx/html/static (Dockerfile:11) brings it as it is: no RUN sees it on its way
        Dockerfile:11:1

    package.json: rebuild
      service web: built anew from stage build on
        built in stage build (Dockerfile:1): RUN npm install (Dockerfile:4) may make something of it
        cheaper: build on this machine and name what comes of it in dev.sync: [{ from: …, to: /usr/share/nginx/html }]
        Dockerfile:3:1
    "
  `)
})

test('php: composer, sources and an autoloader made of them', patient, async () => {
  const dockerfile = `FROM php:8-apache
COPY --from=composer:2 /usr/bin/composer /usr/bin/composer
WORKDIR /var/www/html
COPY composer.json composer.lock ./
RUN composer install --no-autoloader
COPY . .
RUN composer dump-autoload --optimize
`
  const files = { '.dockerignore': 'vendor\n*.md\n!LICENSE.md\n' }
  expect(
    await explained(
      dockerfile,
      ['src/Controller.php', 'composer.json', 'composer.lock', 'vendor/a.php', 'README.md', 'LICENSE.md'],
      { files },
    ),
  ).toMatchInlineSnapshot(`
    "
    src/Controller.php: rebuild
      service web: built anew from stage 0 on
        RUN composer dump-autoload --optimize (Dockerfile:7) comes after COPY . . (Dockerfile:6) and may make something of it
        cheaper: move the COPY below the RUN if that does not read it, or name it in dev.exec with a command that does inside what the RUN does, or in dev.sync if nothing need be done
        Dockerfile:6:1

    composer.json: rebuild
      service web: built anew from stage 0 on
        RUN composer install --no-autoloader (Dockerfile:5) comes after COPY composer.json composer.lock ./ (Dockerfile:4) and may make something of it
        cheaper: name it in dev.exec with a command that does inside what the RUN does, or in dev.sync if nothing need be done
        Dockerfile:4:1

    composer.lock: rebuild
      service web: built anew from stage 0 on
        RUN composer install --no-autoloader (Dockerfile:5) comes after COPY composer.json composer.lock ./ (Dockerfile:4) and may make something of it
        cheaper: name it in dev.exec with a command that does inside what the RUN does, or in dev.sync if nothing need be done
        Dockerfile:4:1

    vendor/a.php: ignored
      .dockerignore:1 (vendor) leaves it out of the build
      .dockerignore:1:1

    README.md: ignored
      .dockerignore:2 (*.md) leaves it out of the build
      .dockerignore:2:1

    LICENSE.md: rebuild
      service web: built anew from stage 0 on
        RUN composer dump-autoload --optimize (Dockerfile:7) comes after COPY . . (Dockerfile:6) and may make something of it
        cheaper: move the COPY below the RUN if that does not read it, or name it in dev.exec with a command that does inside what the RUN does, or in dev.sync if nothing need be done
        Dockerfile:6:1
    "
  `)
})

test('rails: assets are made of some sources, and the rest is copied', patient, async () => {
  const dockerfile = `FROM ruby:3.3 AS base
WORKDIR /rails

FROM base AS build
COPY Gemfile Gemfile.lock ./
RUN bundle install
COPY . .
RUN bin/rails assets:precompile

FROM base
COPY --from=build /usr/local/bundle /usr/local/bundle
COPY --from=build /rails /rails
CMD ["bin/rails", "server"]
`
  const service = 'dev: { sync: [{ from: ./app, to: /rails/app }], restart: none }'
  expect(await explained(dockerfile, ['app/models/user.rb', 'Gemfile', 'Gemfile.lock', 'config/routes.rb']))
    .toMatchInlineSnapshot(`
    "
    app/models/user.rb: rebuild
      service web: built anew from stage build on
        built in stage build (Dockerfile:4): RUN bin/rails assets:precompile (Dockerfile:8) may make something of it
        cheaper: name it in dev.exec with a command that does inside what the RUN does, or in dev.sync if nothing need be done
        Dockerfile:7:1

    Gemfile: rebuild
      service web: built anew from stage build on
        built in stage build (Dockerfile:4): RUN bundle install (Dockerfile:6) may make something of it
        cheaper: name it in dev.exec with a command that does inside what the RUN does, or in dev.sync if nothing need be done
        Dockerfile:5:1

    Gemfile.lock: rebuild
      service web: built anew from stage build on
        built in stage build (Dockerfile:4): RUN bundle install (Dockerfile:6) may make something of it
        cheaper: name it in dev.exec with a command that does inside what the RUN does, or in dev.sync if nothing need be done
        Dockerfile:5:1

    config/routes.rb: rebuild
      service web: built anew from stage build on
        built in stage build (Dockerfile:4): RUN bin/rails assets:precompile (Dockerfile:8) may make something of it
        cheaper: name it in dev.exec with a command that does inside what the RUN does, or in dev.sync if nothing need be done
        Dockerfile:7:1
    "
  `)
  expect(
    await explained(dockerfile, ['app/models/user.rb', 'Gemfile', 'Gemfile.lock', 'config/routes.rb'], {
      service,
    }),
  ).toMatchInlineSnapshot(`
    "
    app/models/user.rb: sync
      service web: copied to /rails/app/models/user.rb, and the program reloads it by itself
        dev.sync of service web names it
        iamstack.yaml:3:39

    Gemfile: rebuild
      service web: built anew from stage build on
        built in stage build (Dockerfile:4): RUN bundle install (Dockerfile:6) may make something of it
        cheaper: name it in dev.exec with a command that does inside what the RUN does, or in dev.sync if nothing need be done
        Dockerfile:5:1

    Gemfile.lock: rebuild
      service web: built anew from stage build on
        built in stage build (Dockerfile:4): RUN bundle install (Dockerfile:6) may make something of it
        cheaper: name it in dev.exec with a command that does inside what the RUN does, or in dev.sync if nothing need be done
        Dockerfile:5:1

    config/routes.rb: rebuild
      service web: built anew from stage build on
        built in stage build (Dockerfile:4): RUN bin/rails assets:precompile (Dockerfile:8) may make something of it
        cheaper: name it in dev.exec with a command that does inside what the RUN does, or in dev.sync if nothing need be done
        Dockerfile:7:1
    "
  `)
})
