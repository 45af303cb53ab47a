import type { FlyContext } from '../context.ts'
import { imageName } from '../image-name.ts'

/** What well-known images need, or they do not do what one expects of them. */
export function images(context: FlyContext): void {
  const name = imageName(context.fly.build?.image)
  if (name === 'kong') kong(context)
  if (name === 'postgrest') postgrest(context)
  if (name === 'gotrue') gotrue(context)
  if (name === 'storage-api') storage(context)
}

function kong(context: FlyContext): void {
  const env = context.fly.env ?? {}
  if (env['KONG_DATABASE'] !== 'off' && !env['KONG_PG_HOST'])
    context.say('kong', ['env'], 'Kong looks for a database that is not there', {
      hint: 'Set KONG_DATABASE = "off" and give it KONG_DECLARATIVE_CONFIG, delivered by [[files]].',
    })
  else if (
    env['KONG_DATABASE'] === 'off' &&
    !env['KONG_DECLARATIVE_CONFIG'] &&
    !has(context, 'KONG_DECLARATIVE_CONFIG_STRING')
  )
    context.say(
      'kong',
      ['env', 'KONG_DATABASE'],
      'without a database Kong needs KONG_DECLARATIVE_CONFIG, or it routes nothing',
    )
  for (const [group, command] of Object.entries(context.fly.processes ?? {}))
    if (command.includes('/etc/kong/kong.conf'))
      context.say('kong', ['processes', group], 'the Kong image has no /etc/kong/kong.conf', {
        hint: 'Leave [processes] out; the image starts Kong and reads KONG_* variables.',
      })
}

function postgrest(context: FlyContext): void {
  const env = context.fly.env ?? {}
  if (context.app && !has(context, 'PGRST_JWT_SECRET'))
    context.say('postgrest', ['env'], 'without PGRST_JWT_SECRET no key is verified', {
      hint: 'Declare it as a secret; rest, auth and storage share one.',
    })
  if (/^postgres(ql)?:\/\/postgres[:@]/.test(env['PGRST_DB_URI'] ?? ''))
    context.say('postgrest', ['env', 'PGRST_DB_URI'], 'PostgREST connects as the superuser postgres', {
      hint: 'Connect as authenticator, which may only become anon, authenticated or service_role.',
    })
  if (env['PGRST_DB_SCHEMA'] !== undefined) {
    const entry = context.entryAt(['env', 'PGRST_DB_SCHEMA'])
    context.say('postgrest', ['env', 'PGRST_DB_SCHEMA'], 'the variable is called PGRST_DB_SCHEMAS now', {
      severity: 'note',
      edits:
        entry && env['PGRST_DB_SCHEMAS'] === undefined
          ? context.editor.renameKey(entry, 'PGRST_DB_SCHEMAS')
          : [],
    })
  }
}

function gotrue(context: FlyContext): void {
  if (!has(context, 'API_EXTERNAL_URL') && !has(context, 'GOTRUE_API_EXTERNAL_URL'))
    context.say(
      'gotrue',
      ['env'],
      'GoTrue does not start without API_EXTERNAL_URL, the address that its mails link to',
    )
}

function storage(context: FlyContext): void {
  const { fly } = context
  const backend = fly.env?.['STORAGE_BACKEND'] ?? 'file'
  if (backend === 'file' && !fly.mounts?.length)
    context.say(
      'storage-api',
      ['env'],
      'uploads are kept in files, but the app has no volume: a deploy loses them',
      {
        hint: 'Add [[mounts]], or STORAGE_BACKEND = "s3".',
      },
    )
}

/** In [env], or declared as a secret of the app. */
function has({ fly, app }: FlyContext, name: string): boolean {
  return fly.env?.[name] !== undefined || (app?.declarations.some(one => one.name === name) ?? false)
}
