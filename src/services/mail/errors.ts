import { HangarError } from '#kernel'

export const mailErrors = {
  setting: (variable: string, rule: string) =>
    new HangarError(`${variable} ${rule}`, { code: 'HGR_MAIL_SETTING', status: 422 }),
  noMessage: () => new HangarError('There is no such message', { code: 'HGR_MAIL_MESSAGE', status: 404 }),
  host: (host: string) =>
    new HangarError(`The inbox does not answer to the name ${host}`, {
      code: 'HGR_MAIL_HOST',
      status: 403,
      hint: 'Use localhost, 127.0.0.1, or a name in MP_ALLOWED_HOSTS.',
    }),
  unauthorized: () =>
    new HangarError('The inbox asks for a password', { code: 'HGR_MAIL_LOGIN', status: 401 }),
}
