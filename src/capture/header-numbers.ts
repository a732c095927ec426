// Lengths and flags of the headers of IP and TCP, for those who read packets and those who write them.

/** Without options (RFC 791 section 3.1). */
export const IPV4_HEADER_BYTES = 20;
/** Without extension headers (RFC 8200 section 3). */
export const IPV6_HEADER_BYTES = 40;
/** Without options (RFC 9293 section 3.1). */
export const TCP_HEADER_BYTES = 20;

/** IANA's number of what an IP packet carries. */
export const TCP = 6;

export const FIN = 0x01;
export const SYN = 0x02;
export const RST = 0x04;
export const PSH = 0x08;
export const ACK = 0x10;
