/** GatewayClasses with this `spec.controllerName` are ours. */
export const controllerName = 'fairlead.dev/gateway';

/** Where a Gateway without `spec.addresses` listens in directory mode: nobody else's business until it says so. */
export const defaultAddresses: readonly string[] = ['127.0.0.1'];
