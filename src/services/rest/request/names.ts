import type { Field, JsonStep } from './ast.ts'
import { anyChar, char, digit, eof, letter, lexeme, noneOf, oneOf, string } from './parser/characters.ts'
import { shown } from './parser/failure.ts'
import {
  ahead,
  attempt,
  label,
  many,
  map,
  option,
  or,
  type Parser,
  separated,
  sequence,
  unless,
} from './parser/parser.ts'

export const delimiter = label(char('.'), 'delimiter (.)')

/** One or more, as a text. */
export function many1(parser: Parser<string>): Parser<string> {
  return sequence([parser, many(parser)], (first, rest) => first + rest.join(''))
}

/** `"…"`, where a backslash takes away the meaning of what follows it. */
export const quoted: Parser<string> = sequence(
  [
    char('"'),
    many(
      or(
        noneOf('\\"'),
        sequence([char('\\'), anyChar], (_slash, character) => character),
      ),
    ),
    char('"'),
  ],
  (_open, characters) => characters.join(''),
)

/** What SQL names are made of, and blanks. */
export const identifier = map(many1(or(letter, digit, oneOf('_ $'))), text => text.trim())

const dash = attempt(
  sequence([char('-'), unless(char('>'), character => shown(character, "'"))], _dash => '-'),
)
const dashed = (part: Parser<string>) => map(separated(part, dash), parts => parts.join('-'))

export const fieldName = label(or(quoted, dashed(identifier)), 'field name (* or [a..z0..9_$])')

const jsonKey = label(
  or(quoted, dashed(map(many1(noneOf('(-:.,>)')), text => text.trim()))),
  'any non reserved character different from: .,>()',
)
const afterIndex = or<unknown>(
  ...['->', '::', '.', ','].map(text => attempt(ahead(string(text)))),
  attempt(eof),
)
const jsonIndex = sequence(
  [option(char('-'), '+'), many1(digit), afterIndex],
  (sign, digits) => sign + digits,
)
const arrow: Parser<JsonStep['arrow']> = or(
  attempt(map(string('->>'), () => '->>' as const)),
  attempt(map(string('->'), () => '->' as const)),
)
const operand = or(
  attempt(map(jsonIndex, key => ({ key, isIndex: true }))),
  attempt(map(jsonKey, key => ({ key, isIndex: false }))),
)

/** `->a->0->>b` */
export const jsonPath: Parser<JsonStep[]> = many(
  sequence([arrow, operand], (one, rest) => ({ arrow: one, ...rest })),
)

export const field: Parser<Field> = lexeme(
  sequence([fieldName, option(jsonPath, [])], (name, path) => ({ name, path })),
)

/** `clients.projects.data->x`: a field of what is embedded in what is embedded. */
export const treePath: Parser<readonly [readonly string[], Field]> = sequence(
  [separated(fieldName, delimiter), option(jsonPath, [])],
  (names, path) => [names.slice(0, -1), { name: names.at(-1) ?? '', path }] as const,
)

export const columnNames = separated(fieldName, lexeme(char(',')))
