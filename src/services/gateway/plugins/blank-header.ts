import * as z from 'zod'
import { currentHeader } from './current-header.ts'
import { definePlugin } from './plugin.ts'

/** `local v = kong.request.get_header("n") if … then kong.service.request.clear_header("n") end`, whatever the spaces. */
const removesBlank =
  /^\s*local\s+(\w+)\s*=\s*kong\.request\.get_header\(\s*["']([\w-]+)["']\s*\)\s*if\s+(.+?)\s+then\s+kong\.service\.request\.clear_header\(\s*["']([\w-]+)["']\s*\)\s*end\s*$/is

/** Lower-cased name of the header that the function removes when it is blank; undefined when it does anything else. */
function blankHeaderOf(lua: string): string | undefined {
  const [, variable, header, condition, cleared] = removesBlank.exec(lua) ?? []
  if (!variable || !header || header.toLowerCase() !== cleared?.toLowerCase()) return undefined
  const blank = new Set([`${variable}==nil`, `${variable}==""`, `${variable}:find("^%s*$")`])
  const asked = condition?.split(/\bor\b/).map(part => part.replace(/\s/g, '').replaceAll("'", '"')) ?? []
  return asked.every(part => blank.has(part)) ? header.toLowerCase() : undefined
}

const functions = z
  .array(
    z
      .string()
      .refine(
        lua => blankHeaderOf(lua) !== undefined,
        'is Lua that is not available here; there is one form: removing a header that is blank (docs/reference/gateway.md)',
      ),
  )
  .default([])

/** Lua of the file itself, in the one form that Supabase's file has: a header that was left empty does not go upstream. */
const blankHeader = (priority: number) =>
  definePlugin({
    priority,
    config: z.strictObject({ access: functions }),
    create({ access }) {
      const headers = access.map(lua => blankHeaderOf(lua) as string)
      return passage => {
        for (const header of headers) {
          if (!currentHeader(passage, header)?.trim()) passage.upstream.set(header, null)
        }
        return undefined
      }
    },
  })

export const preFunction = blankHeader(1_000_000)
export const postFunction = blankHeader(-1_000)
