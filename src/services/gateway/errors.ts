import { HangarError } from '#kernel'

export const gatewayErrors = {
  setting: (variable: string, rule: string) =>
    new HangarError(`${variable} ${rule}`, { code: 'HGR_GATEWAY_SETTING', status: 422 }),
  config: (file: string, where: string, what: string) =>
    new HangarError(`${file}${where}: ${what}`, { code: 'HGR_GATEWAY_CONFIG', status: 422 }),
}
