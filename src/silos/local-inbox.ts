import type { MachineConfig, SiloPart } from '#contract'
import type { SiloRecord } from './ports.ts'

/** Where the inbox of a silo takes mail, inside its studio's machine. */
export const inboxPort = 1025

/**
 * What a silo has on this machine alone and its files for Fly do not say: an inbox beside the studio, which catches everything that auth sends.
 * `address` is that of the inbox's own door. A silo without a studio sends no mail.
 */
export function withInbox(
  config: MachineConfig,
  part: SiloPart,
  silo: SiloRecord,
  address: () => string,
): MachineConfig {
  if (!silo.studio) return config
  if (part === 'studio')
    return {
      ...config,
      env: { ...config.env, MP_SMTP_BIND_ADDR: `0.0.0.0:${inboxPort}` },
      services: [...(config.services ?? []), { internal_port: inboxPort, protocol: 'tcp', autostart: true }],
    }
  if (part !== 'auth' || config.env?.['GOTRUE_SMTP_HOST'] !== undefined) return config
  const [host = '', port = ''] = address().split(':')
  return {
    ...config,
    env: {
      ...config.env,
      GOTRUE_SMTP_HOST: host,
      GOTRUE_SMTP_PORT: port,
      GOTRUE_SMTP_ADMIN_EMAIL: `auth@${silo.alias}.localhost`,
      GOTRUE_SMTP_SENDER_NAME: silo.alias,
      GOTRUE_SMTP_MAX_FREQUENCY: '1s',
    },
  }
}
