import type { Wish } from '../balance.ts'
import type { Target } from '../hold.ts'
import type { Routes } from '../ports.ts'

/** Where an app asked that a request be sent instead (header fly-replay). */
export interface Replay {
  readonly app?: string
  readonly instance?: string
  readonly preferInstance?: string
  readonly region?: string
  readonly state?: string
  readonly elsewhere: boolean
}

/** Reads `region=sjc;instance=abc;state=x`. Undefined when it names nothing that can be followed. */
export function parseReplay(value: string): Replay | undefined {
  const entries = new Map(
    value.split(';').map(part => {
      const at = part.indexOf('=')
      return at < 0
        ? [part.trim().toLowerCase(), '']
        : [
            part.slice(0, at).trim().toLowerCase(),
            part
              .slice(at + 1)
              .trim()
              .replace(/^"|"$/g, ''),
          ]
    }),
  )
  const named = (key: string, as: string) => (entries.get(key) ? { [as]: entries.get(key) } : {})
  const replay: Replay = {
    ...named('app', 'app'),
    ...named('instance', 'instance'),
    ...named('prefer_instance', 'preferInstance'),
    ...named('region', 'region'),
    ...named('state', 'state'),
    elsewhere: entries.get('elsewhere') === 'true',
  }
  const follows = replay.app || replay.instance || replay.preferInstance || replay.region || replay.elsewhere
  return follows ? replay : undefined
}

/** Who sent it on, as the next machine is told (header fly-replay-src). `nowMs` since 1970. */
export function replaySource(
  { state }: Replay,
  from: { readonly id: string; readonly region: string } | undefined,
  nowMs: number,
): string {
  const said = state === undefined ? '' : `;state=${state}`
  return `instance=${from?.id};region=${from?.region};t=${Math.round(nowMs * 1000)}${said}`
}

/** Whose it becomes: `target` itself unless another app is named. Undefined when there is none of that name: apps of another network do not exist for this one. */
export function replayTarget({ app }: Replay, target: Target, routes: Routes): Target | undefined {
  if (app === undefined || app === target.app) return target
  const here = routes.get(target.app)
  const there = routes.get(app)
  const service = there?.services.find(({ wire }) => wire === 'http')
  if (!there || !service || there.network !== here?.network) return undefined
  return { app: there.name, internalPort: service.internalPort }
}

/** Which of its machines may take it. */
export function replayWish(replay: Replay, from: { readonly id: string } | undefined): Wish {
  return {
    forceInstance: replay.instance,
    preferInstance: replay.preferInstance,
    preferRegion: replay.region,
    except: replay.elsewhere ? from?.id : undefined,
  }
}
