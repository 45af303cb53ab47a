import { parse } from 'yaml'
import { HangarError, messageOf } from '#kernel'

/** The same document as JSON, which is read ten times as fast. Throws with the file and what is wrong where. */
export function yamlToJson(text: string, file: string): string {
  try {
    return JSON.stringify(parse(text))
  } catch (error) {
    throw new HangarError(`${file} is no YAML: ${messageOf(error).split('\n')[0]}`, {
      code: 'HGR_MANIFEST_YAML',
      status: 422,
    })
  }
}
