import { request as requestHttp } from 'node:http'
import { BlockList, isIP, type Socket } from 'node:net'
import type { Environment } from './kubeconfig.ts'

/**
 * The proxy for a server: the kubeconfig's own, else HTTPS_PROXY or HTTP_PROXY by the server's scheme unless NO_PROXY names the
 * host. As in Go's `httpproxy`, loopback is never asked for through a proxy of the environment.
 */
export function proxyFor(server: URL, configured: string | undefined, env: Environment): URL | undefined {
  if (configured !== undefined) return urlOf(configured)
  const name = server.protocol === 'https:' ? 'https_proxy' : 'http_proxy'
  const value = setting(env, name)
  if (value === undefined || isExempt(server, setting(env, 'no_proxy') ?? '')) return undefined
  return urlOf(value)
}

function setting(env: Environment, name: string): string | undefined {
  const value = env[name.toUpperCase()] ?? env[name]
  return value === undefined || value.trim() === '' ? undefined : value.trim()
}

function urlOf(value: string): URL | undefined {
  const text = value.includes('://') ? value : `http://${value}`
  return URL.canParse(text) ? new URL(text) : undefined
}

function isExempt(server: URL, list: string): boolean {
  const host = hostOf(server)
  if (host === 'localhost' || isLoopback(host)) return true
  const port = server.port || (server.protocol === 'https:' ? '443' : '80')
  return list
    .split(/[\s,]+/)
    .filter((each) => each !== '')
    .some((each) => matches(each.toLowerCase(), host, port))
}

function matches(pattern: string, host: string, port: string): boolean {
  if (pattern === '*') return true
  if (pattern.includes('/')) return isInNetwork(pattern, host)
  const parts = /^(.*?)(?::(\d+))?$/.exec(isIP(pattern) === 6 ? `[${pattern}]` : pattern)
  if (parts?.[2] !== undefined && parts[2] !== port) return false
  const name = (parts?.[1] ?? pattern).replace(/^\[|\]$/g, '')
  if (name.startsWith('*.')) return host.endsWith(name.slice(1))
  if (name.startsWith('.')) return host.endsWith(name)
  return host === name || host.endsWith(`.${name}`)
}

function isInNetwork(pattern: string, host: string): boolean {
  const [address = '', bits = ''] = pattern.split('/')
  const family = isIP(address)
  if (family === 0 || isIP(host) !== family || !/^\d{1,3}$/.test(bits)) return false
  if (Number(bits) > (family === 6 ? 128 : 32)) return false
  const type = family === 6 ? 'ipv6' : 'ipv4'
  const network = new BlockList()
  network.addSubnet(address, Number(bits), type)
  return network.check(host, type)
}

function isLoopback(host: string): boolean {
  return isIP(host) === 4 ? host.startsWith('127.') : host === '::1'
}

/** Without the brackets of an IPv6 address. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '')
}

/** A raw connection to `host:port` that the proxy made for us (HTTP CONNECT), or by SOCKS. */
export async function connectThrough(
  proxy: URL,
  host: string,
  port: number,
  timeout: number,
): Promise<Socket> {
  if (proxy.protocol.startsWith('socks')) return await connectBySocks(proxy, host, port, timeout)
  const isSecure = proxy.protocol === 'https:'
  const request = isSecure ? (await import('node:https')).request : requestHttp
  const authority = `${isIP(host) === 6 ? `[${host}]` : host}:${String(port)}`
  return await new Promise((resolve, reject) => {
    const connecting = request({
      host: hostOf(proxy),
      port: proxy.port || (isSecure ? 443 : 80),
      method: 'CONNECT',
      path: authority,
      agent: false,
      headers: { Host: authority, ...proxyAuthorization(proxy) },
    })
    connecting.setTimeout(timeout, () => {
      connecting.destroy(
        Object.assign(new Error(`the proxy ${proxy.host} did not answer`), { code: 'ETIMEDOUT' }),
      )
    })
    connecting.once('error', reject)
    connecting.once('connect', (response, socket: Socket, head) => {
      socket.setTimeout(0)
      if (response.statusCode === 200) {
        if (head.length > 0) socket.unshift(head)
        resolve(socket)
        return
      }
      socket.destroy()
      const status = `${String(response.statusCode)} ${response.statusMessage ?? ''}`.trim()
      reject(new Error(`the proxy ${proxy.host} refuses to connect there: ${status}`))
    })
    connecting.end()
  })
}

async function connectBySocks(proxy: URL, host: string, port: number, timeout: number): Promise<Socket> {
  const { SocksClient } = await import('socks')
  const { socket } = await SocksClient.createConnection({
    command: 'connect',
    timeout,
    proxy: {
      host: hostOf(proxy),
      port: Number(proxy.port || 1080),
      type: proxy.protocol.startsWith('socks4') ? 4 : 5,
      ...(proxy.username !== '' && {
        userId: decodeURIComponent(proxy.username),
        password: decodeURIComponent(proxy.password),
      }),
    },
    destination: { host, port },
  })
  return socket
}

function proxyAuthorization(proxy: URL): Record<string, string> {
  if (proxy.username === '') return {}
  const pair = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`
  return { 'Proxy-Authorization': `Basic ${Buffer.from(pair).toString('base64')}` }
}
