import { join } from 'node:path'
import type { HttpApp, NodeInstance, ServiceDefinition } from '#http'
import { createMailApp, type MailContext } from './app.ts'
import { Inbox } from './inbox.ts'
import { readSettings } from './settings.ts'
import { createSmtp } from './smtp.ts'

/** Routes hold no state, so all instances of a process share them. */
let shared: Promise<HttpApp<MailContext>> | undefined

/** An inbox that catches mail: what `axllent/mailpit` is to a development environment. */
export const mailService: ServiceDefinition<NodeInstance> = {
  name: 'mail',
  port: env => readSettings(env).webPort,
  async create({ env, log, clock, cacheDirectory }) {
    const settings = readSettings(env)
    shared ??= createMailApp()
    const app = await shared
    const { maxMessages, maxMessageBytes } = settings
    const inbox = new Inbox({ directory: join(cacheDirectory, 'inbox'), maxMessages, clock, log })
    const smtp = createSmtp(inbox, { maxMessageBytes, log })
    return {
      handle: app.handler({ settings, inbox, log }),
      sockets: new Map([[settings.smtpPort, socket => smtp.accept(socket)]]),
      async close() {
        smtp.close()
      },
    }
  },
}
