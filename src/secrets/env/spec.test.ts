import { describe, expect, it } from 'vitest'
import { readEnvSpec } from './spec.ts'

describe('@env-spec comments', () => {
  const items = readEnvSpec(`# Our schema
# @defaultRequired=infer @defaultSensitive=false
# @currentEnv=$APP_ENV
# ---

# @type=enum(dev, staging, prod)
APP_ENV=dev

# Signs tokens.
# More about it.
# @required @sensitive @type=string(minLength=64, startsWith="sk_")
JWT_SECRET=

# @required=forEnv(prod)
A=
# @required=eq($AUTH_ENABLED, true) @sensitive
B=
# @optional
C=1
D= # @sensitive
`)
  const of = (name: string) => items.find(item => item.name === name)

  it('says what is required, sensitive, of which type, and why', () => {
    expect(of('APP_ENV')).toMatchObject({
      type: 'enum',
      choices: ['dev', 'staging', 'prod'],
      required: true,
      sensitive: false,
    })
    expect(of('JWT_SECRET')).toMatchObject({
      description: 'Signs tokens. More about it.',
      required: true,
      sensitive: true,
      type: 'string',
      typeOptions: { minLength: '64', startsWith: 'sk_' },
    })
  })

  it('turns its functions into conditions', () => {
    expect(of('A')?.required).toEqual({ when: 'APP_ENV=prod' })
    expect(of('B')?.required).toEqual({ when: 'AUTH_ENABLED=true' })
    expect(of('C')?.required).toBe(false)
    expect(of('D')).toMatchObject({ required: false, sensitive: true })
  })
})
