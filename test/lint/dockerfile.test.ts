import { expect, test } from 'vitest'
import { lintImages } from './lint.ts'

const clean = `FROM node:20-bookworm-slim AS build
WORKDIR /src
COPY package.json ./
RUN npm ci
COPY . .
RUN npm run build

FROM node:20-bookworm-slim
COPY --from=build --chown=1000 /src/dist /app
USER 1000
ENTRYPOINT ["node", "/app/main.js"]
`
const context = { 'app/.dockerignore': '.git\n', 'app/package.json': '{}' }

test('a Dockerfile that follows the rules has no findings (S33)', async () => {
  expect(await lintImages({ ...context, 'app/Dockerfile': clean })).toBe('')
})

/** A line that breaks one rule, in the place of one of the clean file. */
const bad: readonly (readonly [rule: string, good: string, bad: string])[] = [
  ['DF001 INFO', 'USER 1000', 'user 1000'],
  ['DF002 INFO', 'FROM node:20-bookworm-slim\nCOPY', 'FROM node:20-bookworm\nCOPY'],
  ['DF004 WARNING', 'FROM node:20-bookworm-slim AS', 'FROM node AS'],
  ['DF004 WARNING', 'FROM node:20-bookworm-slim AS', 'FROM registry.example:5000/node AS'],
  ['DF004 WARNING', 'FROM node:20-bookworm-slim AS', 'ARG BASE=node:latest\nFROM ${BASE} AS'],
  ['DF005 WARNING', 'RUN npm ci', 'RUN apt-get update && apt-get install -y curl'],
  ['DF005 WARNING', 'RUN npm ci', 'RUN apk add curl'],
  ['DF005 WARNING', 'RUN npm ci', 'RUN pip install -r requirements.txt'],
  ['DF005 WARNING', 'RUN npm ci', 'RUN yum -y install curl'],
  ['DF006 INFO', 'RUN npm ci', 'RUN a\nRUN b\nRUN c'],
  ['DF007 WARNING', 'RUN npm ci', 'RUN chown -R node:node /src'],
  ['DF009 WARNING', 'COPY package.json ./', 'COPY . .'],
  ['DF010 WARNING', 'COPY package.json ./', 'ADD package.json ./'],
  ['DF011 WARNING', 'ENTRYPOINT ["node", "/app/main.js"]', 'ENTRYPOINT node /app/main.js'],
  ['DF011 WARNING', 'ENTRYPOINT ["node", "/app/main.js"]', 'CMD node /app/main.js'],
  ['DF014 WARNING', 'FROM node:20-bookworm-slim\nCOPY --from=build', 'FROM build\nCOPY --from=build'],
  ['DF015 WARNING', 'USER 1000\n', ''],
  ['DF015 WARNING', 'USER 1000', 'USER root'],
  ['DF016 CRITICAL', 'WORKDIR /src', 'ARG NPM_TOKEN\nWORKDIR /src'],
  ['DF016 CRITICAL', 'WORKDIR /src', 'ENV DB_PASSWORD=hunter2\nWORKDIR /src'],
]

test.each(bad)('%s is found in %j → %j (S33, S29)', async (rule, good, wrong) => {
  expect(clean).toContain(good)
  const found = await lintImages({ ...context, 'app/Dockerfile': clean.replace(good, wrong) })
  expect(found.split('\n').map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual([rule])
})

/** What looks alike and is fine. */
const good: readonly (readonly [string, string])[] = [
  ['RUN npm ci', 'RUN apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/*'],
  ['RUN npm ci', 'RUN --mount=type=cache,target=/root/.cache/pip pip install -r requirements.txt'],
  ['RUN npm ci', 'RUN apk add --no-cache make'],
  ['RUN npm ci', 'RUN npm ci && chmod +x run'],
  ['WORKDIR /src', 'ARG TOKEN_TTL\nENV PASSWORD_FILE=/run/secrets/db/password\nWORKDIR /src'],
  ['COPY package.json ./', 'ADD https://example.com/a.tar.gz ./\nCOPY package.json ./'],
]

test.each(good)('nothing is found in %j → %j', async (before, after) => {
  expect(await lintImages({ ...context, 'app/Dockerfile': clean.replace(before, after) })).toBe('')
})

test('rules that need more than one file: ignored files, tags, bases, copies (S33)', async () => {
  expect(await lintImages({ 'app/package.json': '{}', 'app/Dockerfile': clean })).toMatchInlineSnapshot(
    `"DF013 WARNING 5:1 image app: app has no .dockerignore"`,
  )
  expect(
    await lintImages({ ...context, 'app/Dockerfile': clean }, { tag: { kind: 'text', text: 'latest' } }),
  ).toMatchInlineSnapshot(`"DF008 WARNING 1:1 image app: every build is called latest"`)
  const bases = Object.fromEntries(
    ['a', 'b', 'c'].map((name) => [
      `${name}/Dockerfile`,
      `FROM ${name === 'c' ? 'alpine:3.20' : 'debian:bookworm-slim'}\nUSER 1000\nCMD ["${name}"]\n`,
    ]),
  )
  expect(await lintImages(bases)).toMatchInlineSnapshot(
    `"DF003 INFO 1:6 image c: is made from alpine:3.20, other images of the stack from debian:bookworm-slim"`,
  )
  const twice = 'FROM debian:bookworm-slim\nUSER 1000\nCMD ["sh"]\n'
  expect(await lintImages({ 'a/Dockerfile': twice, 'b/Dockerfile': twice })).toMatchInlineSnapshot(
    `"DF012 INFO 1:1 image b: this is word for word the Dockerfile of image a"`,
  )
})

test('an image of the stack as a base needs no tag', async () => {
  const files = {
    'base/Dockerfile': 'FROM debian:bookworm-slim\nUSER 1000\nCMD ["sh"]\n',
    'app/Dockerfile': 'FROM base\nCMD ["sh", "-c", "true"]\n',
  }
  expect(await lintImages(files)).toBe('')
})
