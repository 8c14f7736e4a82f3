// Who may ask the page's server: the page itself, and programs on this machine. Not pages of other sites that
// the same browser has open: their requests name another origin, or, where their name was made to lead to
// this machine (DNS rebinding), another host.
#pragma once

#include <string>

namespace bauta {

// The headers that tell; empty where the request has none.
struct Asker {
  std::string host;        // Host: the server's name, with or without a port
  std::string origin;      // Origin: the page's that asks
  std::string fetch_site;  // Sec-Fetch-Site, as browsers say themselves
};

// loopback: the server listens on this machine alone. Throws Refused (403) unless the host is an address or
// "localhost" (of this machine, where loopback), and the origin, where there is one, is that host. A name can
// be made to lead anywhere, an address cannot.
void require_own_page(const Asker& asker, bool loopback);

// Whether it is an address that only this machine reaches: 127.0.0.0/8, ::1, or "localhost".
bool is_loopback(const std::string& address);

}  // namespace bauta
