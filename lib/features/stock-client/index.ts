import { stockClientRoutes } from './routes.ts'
import { type StockClientNeeds, stockClientRules } from './stock-client.ts'

/** Galene's own page, where `galene.stock_client` is on: who may join a call with it. `routes` belongs at /galene. */
export const createStockClient = (needs: StockClientNeeds) => {
  const stockClient = stockClientRules(needs)
  return { routes: stockClientRoutes(stockClient) }
}
