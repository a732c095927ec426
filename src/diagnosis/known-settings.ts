// Settings of servers and clients that several rows name.

/** Ports for passive data connections. */
export const PASSIVE_PORTS = {
  vsftpd: 'pasv_min_port=50000, pasv_max_port=50999',
  proftpd: 'PassivePorts 50000 50999',
  pureftpd: '-p 50000:50999 (file PassivePortRange)',
  pyftpdlib: 'handler.passive_ports = range(50000, 51000)',
  filezilla: 'Passive mode, "Use custom port range"',
  iis: 'FTP Firewall Support, "Data Channel Port Range"',
} as const;

/** The address that servers announce for them. */
export const PASSIVE_ADDRESS = {
  vsftpd: 'pasv_address=PUBLIC_ADDRESS (with pasv_addr_resolve=YES for a name)',
  proftpd: 'MasqueradeAddress PUBLIC_ADDRESS',
  pureftpd: '-P PUBLIC_ADDRESS (file ForcePassiveIP; PUBLICHOST in its container)',
  pyftpdlib: "handler.masquerade_address = 'PUBLIC_ADDRESS'",
  filezilla: 'Passive mode, "Use custom IP"',
  iis: 'FTP Firewall Support, "External IP Address of Firewall"',
} as const;

/** How clients are made to use passive mode. */
export const PASSIVE_CLIENTS = {
  curl: 'no -P/--ftp-port',
  lftp: 'set ftp:passive-mode yes',
  filezilla: 'Transfer mode: Passive',
  winscp: 'Passive mode',
  python: 'ftp.set_pasv(True)',
  windows: 'it has no passive mode: use another client',
} as const;
