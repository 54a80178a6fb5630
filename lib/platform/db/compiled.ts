import type { CompiledQuery } from 'kysely'
import type { Db } from './index.ts'

/**
 * A query that is built with its first parameters and then only run again with others, for building costs more than running. The
 * parameters are taken in the order in which they stand in the SQL: `build` uses each once, in that order, and nothing else varies.
 */
export const compiledOnce = <Parameters extends unknown[], Row>(
  build: (db: Db, ...parameters: Parameters) => { compile(): CompiledQuery<Row> },
) => {
  let compiled: CompiledQuery<Row> | undefined
  const compile = (db: Db, parameters: Parameters): CompiledQuery<Row> => {
    const query = build(db, ...parameters).compile()
    const isInOrder =
      query.parameters.length === parameters.length &&
      query.parameters.every((parameter, at) => parameter === parameters[at])
    if (!isInOrder) throw new Error(`the parameters stand in another order in: ${query.sql}`)
    return query
  }
  return async (db: Db, ...parameters: Parameters): Promise<Row[]> => {
    compiled ??= compile(db, parameters)
    return (await db.executeQuery<Row>({ ...compiled, parameters })).rows
  }
}
