import { HangarError, serviceNurseryBytes, systemClock, tuneHeap } from '#kernel'
import type { CommandCall } from '../context.ts'
import { startScreen } from '../output/start-screen.ts'
import { style } from '../output/style.ts'

/** Starts everything in the foreground and stays until it is interrupted or told to end. */
export async function run(call: CommandCall): Promise<void> {
  const { options, context } = call
  if (options['detach'] === true) return (await import('./up-detached.ts')).run(call)
  // The edge is in this process; when it goes idle, V8 makes it small again.
  tuneHeap({ clock: systemClock, nurseryBytes: serviceNurseryBytes })
  const began = performance.now()
  const ended = new EndOfRun()
  const { startDaemon } = await import('#daemon')
  process.stdout.write(style.dim('Starting Hangar …\n'))
  const daemon = await startDaemon({
    home: context.home,
    port: portOption(options['port'], '--port'),
    tlsPort: options['tlsPort'] === undefined ? undefined : portOption(options['tlsPort'], '--tls-port'),
    machinesApiPort: options['api'] === false ? undefined : portOption(options['apiPort'], '--api-port'),
    machinesApiRateLimits: options['apiRateLimits'] === true,
    agentDesk: {
      port: options['deskPort'] === undefined ? undefined : portOption(options['deskPort'], '--desk-port'),
      host: text(options['deskHost']),
      names: options['deskName'] as string[] | undefined,
      callsPerSecond: rateOption(options['deskRate']),
      certificatePath: text(options['deskCert']),
      keyPath: text(options['deskKey']),
    },
    key: process.env['HANGAR_KEY'],
    postgresBin: text(options['postgresBin']) ?? process.env['HANGAR_POSTGRES_BIN'],
    netlify: { token: process.env['NETLIFY_AUTH_TOKEN'], baseUrl: process.env['NETLIFY_API_URL'] },
    env: process.env,
    onDown: () => ended.end('asked to'),
  })
  try {
    if (options['demo'] !== false && !ended.over) await ensureDemo(daemon)
    process.stdout.write(
      startScreen({
        daemon,
        demo: demoOf(daemon),
        tookMs: performance.now() - began,
      }),
    )
    await ended.reached
  } finally {
    process.stdout.write(style.dim('\nStopping …\n'))
    await daemon.stop(ended.reason)
  }
  process.stdout.write('Everything is stopped. Data and keys are kept.\n')
  process.exit(0)
}

type Daemon = Awaited<ReturnType<typeof import('#daemon').startDaemon>>

const demo = { client: 'acme', app: 'erp' } as const

/** The first run on an empty home shows something that works. */
async function ensureDemo({ silos }: Daemon): Promise<void> {
  if (silos.list().length > 0 || silos.everHadOne()) return
  process.stdout.write(style.dim(`Creating the demo silo ${demo.client}-${demo.app} …\n`))
  await silos.create(demo)
}

function demoOf({ silos }: Daemon) {
  const shown = silos.list().find(silo => silo.phase === 'running') ?? silos.list()[0]
  return shown ? { silo: shown, connection: silos.connection(shown.silo_id) } : undefined
}

/** Ctrl-C, a signal, or "hangar down". A second Ctrl-C does not wait. */
class EndOfRun {
  reason = ''
  over = false
  readonly reached: Promise<void>
  #resolve: () => void = () => {}

  constructor() {
    this.reached = new Promise(resolve => {
      this.#resolve = resolve
    })
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.on(signal, () => {
        if (this.over && signal === 'SIGINT') {
          process.stderr.write('Not waiting any longer. The next start mends what is left.\n')
          process.exit(1)
        }
        this.end(signal)
      })
  }

  end(reason: string): void {
    this.reason ||= reason
    this.over = true
    this.#resolve()
  }
}

function portOption(value: unknown, name: string): number {
  const port = Number(value)
  if (!Number.isInteger(port) || port < 0 || port > 65535)
    throw new HangarError(`${name} must be a port from 0 to 65535, not "${value}"`, {
      code: 'HGR_CLI_PORT',
      status: 400,
    })
  return port
}

function rateOption(value: unknown): number {
  const rate = Number(value)
  if (!(rate > 0) || !Number.isFinite(rate))
    throw new HangarError(`--desk-rate must be a number of calls above 0, not "${value}"`, {
      code: 'HGR_CLI_RATE',
      status: 400,
    })
  return rate
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
