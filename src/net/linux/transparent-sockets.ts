// Sockets that may have an address which is not this machine's (IP_TRANSPARENT): listeners for what nftables' `tproxy` hands over,
// data ports at the server's own address, connections from the client's. Made here, and given to Node as file descriptors.
import { addressFamily, type Endpoint } from '../../protocol/endpoint.js';
import { systemErrorCode } from '../../protocol/system-errors.js';
import { InterceptionError, type Kernel } from './kernel.js';
import { AF_INET, AF_INET6, toSocketAddress } from './socket-address.js';

const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const SOL_IP = 0;
const IP_TRANSPARENT = 19;
const SOL_IPV6 = 41;
const IPV6_TRANSPARENT = 75;

const NO_PRIVILEGE = 'EPERM';

/**
 * A socket bound to an address, be it whose it may; the file descriptor is the caller's to close. Throws an InterceptionError
 * without the privilege, and otherwise what `bind` says, with address and port as Node's own errors have them.
 */
export function boundSocket(kernel: Kernel, local: Endpoint): number {
  const ipv4 = addressFamily(local.address) === 1;
  const fd = kernel.socket(ipv4 ? AF_INET : AF_INET6);
  try {
    kernel.setOption(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    if (ipv4) kernel.setOption(fd, SOL_IP, IP_TRANSPARENT, 1);
    else kernel.setOption(fd, SOL_IPV6, IPV6_TRANSPARENT, 1);
    kernel.bind(fd, toSocketAddress(local));
    return fd;
  } catch (error) {
    kernel.close(fd);
    if (systemErrorCode(error) === NO_PRIVILEGE) throw new InterceptionError(PRIVILEGE_NEEDED);
    throw error instanceof Error ? Object.assign(error, local) : error;
  }
}

const PRIVILEGE_NEEDED =
  '--transparent tproxy needs the privilege CAP_NET_ADMIN: run it as root, or use --transparent redirect, which needs none';
