// A service host for tests: services that answer, throw and block when they are told to.
import type { ServiceDefinition } from '#http'
import { runServiceHost } from '../hosted/host.ts'

const trouble: ServiceDefinition = {
  name: 'trouble',
  port: () => 8080,
  async create({ env, log }) {
    if (env['REFUSE']) throw new Error('REFUSE is set')
    return {
      handle(request, response) {
        const { url = '/' } = request
        if (url === '/throw')
          setImmediate(() => {
            throw new Error('thrown out of the blue')
          })
        else if (url === '/reject') void Promise.reject(new Error('rejected out of the blue'))
        else if (url === '/block') for (;;);
        else if (url === '/block-later')
          setTimeout(() => {
            for (;;);
          }, 1)
        else {
          log.info({ url }, 'asked')
          response.end(`${env['GREETING']} from ${process.pid}`)
        }
      },
      close: async () => {},
    }
  },
}

runServiceHost([trouble])
