// What a reader in JavaScript leaves for the judge: rows in the neutral form, and
// how many rows each question counts.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

export const versionOf = (name) => JSON.parse(readFileSync(join(require.resolve.paths('')[0], name, 'package.json'), 'utf8')).version

// A number of JavaScript does not hold every time: BigInts are written digit by digit.
const json = (row) =>
  JSON.stringify(row, (_, value) => (typeof value === 'bigint' ? `BigInt(${value})` : value === undefined ? null : value)).replace(/"BigInt\((-?\d+)\)"/g, '$1')

// open(path, file) returns { rows, count? }: count(question) is a number or 'not asked'.
export async function report(folder, name, version, format, open) {
  const out = join(folder, 'seen', `${name}-${version}`.replaceAll(' ', '_'))
  mkdirSync(out, { recursive: true })
  const files = {}
  let read = 0
  for (const file of JSON.parse(readFileSync(join(folder, 'files.json'), 'utf8'))) {
    if (file.format !== format) continue
    try {
      const table = await open(join(folder, file.path), file)
      writeFileSync(join(out, `${file.name}.jsonl`), table.rows.map((row) => json(row) + '\n').join(''))
      const one = {}
      if (table.count) {
        one.answers = {}
        for (const question of file.questions) {
          one.answers[question.name] = await table.count(question).catch((error) => String(error))
        }
      }
      files[file.name] = one
      read++
    } catch (error) {
      files[file.name] = { error: String(error).slice(0, 300) }
    }
  }
  writeFileSync(join(out, 'result.json'), JSON.stringify({ reader: name, version, files }, null, 1))
  console.log(`${name} ${version}: ${read} of ${Object.keys(files).length} files read`)
}
