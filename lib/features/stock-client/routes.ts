import express, { type RequestHandler, Router } from 'express'
import { PyriteError } from '../../platform/errors.ts'
import { parse } from '../../platform/parse.ts'
import { isUsableSlug } from '../../protocol/slug.ts'
import { type StockClientRules, StockSignIn } from './stock-client.ts'

/** An address, a name and a password. */
const MAX_BODY_BYTES = 8_192

/** Galene's page is of another origin; no other origin may read an answer, or have a password tried. */
const forItsPage =
  (stockClient: StockClientRules): RequestHandler =>
  (request, response, next) => {
    response.set({ 'Access-Control-Allow-Origin': stockClient.mustBeOn().origin, Vary: 'Origin' })
    stockClient.mustBeOurPage(request.headers.origin)
    next()
  }

const describeMethods: RequestHandler = (_request, response) => {
  response.set({
    'Access-Control-Allow-Methods': 'POST',
    'Access-Control-Allow-Headers': 'Content-Type',
    'Access-Control-Max-Age': '600',
  })
  response.status(204).end()
}

/** Galene's authorisation server. Source: galene-protocol.md, "Authorisation protocol". */
const authServer =
  (stockClient: StockClientRules): RequestHandler =>
  async (request, response) => {
    const body = parse(StockSignIn, request.body)
    const token = await stockClient.tokenFor(body, request.ip ?? '')
    response.set('Content-Type', 'application/jwt').end(token)
  }

/** Galene's authorisation portal: to the sign-in and back, then to the page of the group. It leads nowhere else. */
const authPortal =
  (stockClient: StockClientRules): RequestHandler =>
  async (request, response) => {
    const { group } = request.query
    if (typeof group !== 'string' || !isUsableSlug(group)) {
      throw new PyriteError('not-found', 'there is no such call')
    }
    const who = await stockClient.authenticate(request.headers.cookie)
    if (!who) return response.redirect(303, `/in-galene/${group}`)
    const page = await stockClient.pageFor(who, group)
    response.redirect(303, page ?? `/channels/${group}`)
  }

/** Mounted at /galene, with no other sign-in than what each asks for. */
export const stockClientRoutes = (stockClient: StockClientRules) =>
  Router()
    .use((_request, response, next) => {
      stockClient.mustBeOn()
      response.set('Cache-Control', 'no-store')
      next()
    })
    .use('/auth', forItsPage(stockClient))
    .options('/auth', describeMethods)
    .post('/auth', express.json({ limit: MAX_BODY_BYTES }), authServer(stockClient))
    .get('/portal', authPortal(stockClient))
    .use((request) => {
      throw new PyriteError('not-found', `there is nothing for ${request.method} here`)
    })
