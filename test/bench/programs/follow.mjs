// node follow.mjs SOCKET CONTAINER…: follows the log of each and the engine's events, and does nothing with them.
import { request } from 'node:http'

const [socketPath, ...containers] = process.argv.slice(2)

function follow(path) {
  request({ socketPath, path, agent: false }, (response) => response.resume()).end()
}

follow('/events')
for (const container of containers) follow(`/containers/${container}/logs?follow=1&stdout=1&stderr=1&tail=0`)
