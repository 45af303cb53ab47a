import { HangarError } from '#kernel'

/** Where something stands in a file; line and column from 1. */
export interface Place {
  readonly file: string
  readonly line: number
  readonly column: number
}

const at = ({ file, line, column }: Place) => `${file}:${line}:${column}`

/** What goes wrong with env files, keys and secrets. No message ever holds a value. */
export const secretErrors = {
  endlessReference: () =>
    new HangarError('The references between variables never end', {
      code: 'HGR_SECRETS_ENDLESS',
      status: 422,
      hint: 'A variable refers to itself; write the value in single quotes when the dollar sign is meant literally.',
    }),
  fileMissing: (file: string) =>
    new HangarError(`There is no env file ${file}`, { code: 'HGR_SECRETS_FILE_MISSING', status: 404 }),
  fileUnreadable: (file: string, why: string) =>
    new HangarError(`The env file ${file} cannot be read: ${why}`, {
      code: 'HGR_SECRETS_FILE_UNREADABLE',
      status: 422,
    }),
  fileTooLarge: (file: string, bytes: number, most: number) =>
    new HangarError(`The env file ${file} has ${bytes} bytes; the most is ${most}`, {
      code: 'HGR_SECRETS_FILE_TOO_LARGE',
      status: 422,
    }),
  fileChanging: (file: string) =>
    new HangarError(`The env file ${file} changed while it was being read or written`, {
      code: 'HGR_SECRETS_FILE_CHANGING',
      status: 409,
      hint: 'Nothing was written; try again.',
    }),
  linkLeavesFolder: (file: string, target: string) =>
    new HangarError(`The env file ${file} is a link that leads out of its folder, to ${target}`, {
      code: 'HGR_SECRETS_LINK',
      status: 422,
      hint: 'Name the file it leads to, with -f.',
    }),
  privateKeyMissing: (place: Place, name: string, keyName: string) =>
    new HangarError(`${at(place)}: ${name} is encrypted and its private key ${keyName} is not there`, {
      code: 'HGR_SECRETS_KEY_MISSING',
      status: 422,
      hint: `Set ${keyName}, or put it into .env.keys beside the file.`,
      data: { ...place, name, key: keyName },
    }),
  privateKeyWrong: (place: Place, name: string, keyName: string) =>
    new HangarError(`${at(place)}: ${name} is encrypted for another key than ${keyName}`, {
      code: 'HGR_SECRETS_KEY_WRONG',
      status: 422,
      hint: `The ${keyName} that was found does not fit the public key of the file.`,
      data: { ...place, name, key: keyName },
    }),
  cipherDamaged: (place: Place, name: string) =>
    new HangarError(`${at(place)}: the encrypted value of ${name} is damaged`, {
      code: 'HGR_SECRETS_DAMAGED',
      status: 422,
      hint: 'Put back the line from history, or set the value again.',
      data: { ...place, name },
    }),
  keyInvalid: (where: string) =>
    new HangarError(`${where} does not hold a private key of 64 hexadecimal digits`, {
      code: 'HGR_SECRETS_KEY_INVALID',
      status: 422,
    }),
  publicKeyInvalid: (place: Place) =>
    new HangarError(`${at(place)}: this is no public key`, {
      code: 'HGR_SECRETS_PUBLIC_KEY',
      status: 422,
      data: { ...place },
    }),
  nameInvalid: (name: string) =>
    new HangarError(`"${name.slice(0, 80)}" is no name of a variable`, {
      code: 'HGR_SECRETS_NAME',
      status: 400,
      hint: 'Use letters, digits and underscores, not beginning with a digit.',
    }),
  valueTooLong: (name: string, bytes: number, most: number) =>
    new HangarError(`The value of ${name} has ${bytes} bytes; the most is ${most}`, {
      code: 'HGR_SECRETS_VALUE_TOO_LONG',
      status: 422,
    }),
  notWritable: (file: string, name: string) =>
    new HangarError(`The value of ${name} cannot be written to ${file} as plain text`, {
      code: 'HGR_SECRETS_NOT_PLAIN',
      status: 422,
      hint: 'No kind of quotes holds these characters; store it encrypted (--encrypt).',
    }),
  looksEncrypted: (name: string) =>
    new HangarError(`The value of ${name} begins with "encrypted:", which would be read as encrypted`, {
      code: 'HGR_SECRETS_LOOKS_ENCRYPTED',
      status: 422,
    }),
  variableMissing: (name: string, files: readonly string[]) =>
    new HangarError(`${name} is in none of ${files.length > 0 ? files.join(', ') : 'the env files'}`, {
      code: 'HGR_SECRETS_VARIABLE_MISSING',
      status: 404,
    }),
}
