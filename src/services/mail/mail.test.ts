import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { type AddressInfo, createServer as createSocketServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTransport } from 'nodemailer'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { silentLog, systemClock } from '#kernel'
import { mailService } from './index.ts'

let folder = ''
const servers: Server[] = []
const closers: (() => Promise<unknown>)[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hangar-mail-'))
})
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
  for (const server of servers.splice(0)) await new Promise(resolve => server.close(resolve))
  rmSync(folder, { recursive: true, force: true })
})

async function listen(server: Server): Promise<number> {
  servers.push(server)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

async function inbox(env: Record<string, string> = {}) {
  const instance = await mailService.create({
    env,
    log: silentLog,
    clock: systemClock,
    cacheDirectory: folder,
  })
  closers.push(() => instance.close(0))
  const web = createServer((request, response) => instance.handle(request, response))
  const accept = instance.sockets?.get(1025)
  if (!accept) throw new Error('no SMTP listener')
  const [webPort, smtpPort] = [await listen(web), await listen(createSocketServer(accept))]
  closers.push(async () => web.closeAllConnections())
  const transport = createTransport({ host: '127.0.0.1', port: smtpPort, secure: false })
  const get = (path: string, init: RequestInit = {}) => fetch(`http://127.0.0.1:${webPort}${path}`, init)
  const json = async (path: string) => JSON.parse(await (await get(path)).text())
  return {
    get,
    json,
    send: (mail: object) => transport.sendMail({ from: 'Auth <auth@here.test>', ...mail }),
  }
}

const invitation = {
  to: 'Ann <ann@example.com>',
  bcc: 'hidden@example.com',
  subject: 'Grüße: confirm <b>',
  text: 'Open http://localhost/verify?token=1&type=signup now',
  html: '<p>Hello</p><a href="http://localhost/verify?token=1&amp;type=signup">Confirm</a><script>alert(1)</script>',
  attachments: [{ filename: 'a.txt', content: 'file' }],
}

describe('an inbox', () => {
  it('takes mails and gives them as Mailpit does, newest first', async () => {
    const { get, json, send } = await inbox()
    await send({ to: 'bob@example.com', subject: 'first', text: 'one' })
    await send(invitation)
    const list = await json('/api/v1/messages')
    expect([list.total, list.unread, list.messages.map((one: { Subject: string }) => one.Subject)]).toEqual([
      2,
      2,
      ['Grüße: confirm <b>', 'first'],
    ])
    const message = await json('/api/v1/message/latest')
    expect(message).toMatchObject({
      From: { Name: 'Auth', Address: 'auth@here.test' },
      To: [{ Name: 'Ann', Address: 'ann@example.com' }],
      Bcc: [{ Address: 'hidden@example.com' }],
      Links: ['http://localhost/verify?token=1&type=signup'],
      Attachments: [{ FileName: 'a.txt', Size: 4 }],
    })
    expect((await json('/api/v1/messages')).unread).toBe(1)
    expect(await (await get(`/api/v1/message/${message.ID}/raw`)).text()).toContain('Subject: ')
    expect((await get('/api/v1/message/none')).status).toBe(404)
  })

  it('finds by words and by fields, and removes', async () => {
    const { get, json, send } = await inbox()
    await send({ to: 'bob@example.com', subject: 'first', text: 'one' })
    await send(invitation)
    const found = async (query: string) =>
      (await json(`/api/v1/search?query=${encodeURIComponent(query)}`)).messages_count
    expect([
      await found('to:ann'),
      await found('to:hidden'),
      await found('subject:first one'),
      await found('x'),
    ]).toEqual([1, 1, 1, 2])
    const { messages } = await json('/api/v1/messages?limit=1')
    const init = { method: 'DELETE', headers: { 'content-type': 'application/json' } }
    await get('/api/v1/messages', { ...init, body: JSON.stringify({ IDs: [messages[0].ID] }) })
    expect((await json('/api/v1/messages')).total).toBe(1)
    await get('/api/v1/messages', { method: 'DELETE' })
    expect((await json('/api/v1/messages')).total).toBe(0)
  })

  it('keeps mails over a restart, the newest of them only up to its limit', async () => {
    const first = await inbox({ MP_MAX_MESSAGES: '2' })
    for (const subject of ['one', 'two', 'three'])
      await first.send({ to: 'a@b.test', subject, text: subject })
    const before = await first.json('/api/v1/messages')
    const again = await inbox({ MP_MAX_MESSAGES: '2' })
    const { messages } = await again.json('/api/v1/messages')
    expect(messages.map((one: { Subject: string }) => one.Subject)).toEqual(['three', 'two'])
    expect(messages.map((one: { Created: string }) => one.Created)).toEqual(
      before.messages.map((one: { Created: string }) => one.Created),
    )
  })

  it('shows a page with links to open, and lets the mail itself do nothing', async () => {
    const { get, json, send } = await inbox({ MP_WEBROOT: '/inbox' })
    await send(invitation)
    const list = await get('/')
    expect(await list.text()).toContain('confirm &#60;b&#62;')
    const { messages } = await json('/api/v1/messages')
    const page = await (await get(`/message/${messages[0].ID}`)).text()
    expect(page).toContain('href="http://localhost/verify?token=1&#38;type=signup"')
    expect(page).toContain(`sandbox="allow-popups" src="/inbox/view/${messages[0].ID}.html"`)
    const view = await get(`/view/${messages[0].ID}.html`)
    expect(view.headers.get('content-security-policy')).toContain("default-src 'none'")
    expect(view.headers.get('content-security-policy')).toContain('sandbox')
  })

  it('opens with its password and under its own names alone', async () => {
    const { get, send } = await inbox({ MP_UI_AUTH: 'dev:secret' })
    await send(invitation)
    for (const path of ['/', '/api/v1/messages', '/api/v1/message/latest']) {
      expect((await get(path)).status).toBe(401)
      const authorization = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`
      expect((await get(path, { headers: { authorization: authorization('dev:wrong') } })).status).toBe(401)
      expect((await get(path, { headers: { authorization: authorization('dev:secret') } })).status).toBe(200)
    }
    expect((await get('/livez')).status).toBe(200)
  })

  it('refuses what is too large, and settings that cannot be', async () => {
    const { send } = await inbox()
    await expect(
      send({ to: 'a@b.test', subject: 'big', text: 'x'.repeat(26 * 1024 * 1024) }),
    ).rejects.toThrowError()
    await expect(inbox({ MP_MAX_MESSAGES: 'many' })).rejects.toThrowError(
      /MP_MAX_MESSAGES must be a whole number/,
    )
  })
})
