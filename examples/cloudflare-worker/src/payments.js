// What a payment provider would do. It must be idempotent by order, as payment providers are.

/** @returns {{ refunded: string, amount_cents: number }} */
export const refund = (order, amount_cents) => ({ refunded: order, amount_cents });
