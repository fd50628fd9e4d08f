#include "app/listeners.h"

#include "tonearm/server/listen_address.h"

#include "app/supervisor.h"

#include <string>
#include <utility>

namespace tonearm::app {
namespace {

using Sockets = std::vector<std::vector<server::ListeningSocket>>;

Result<Sockets> open(const std::vector<int>& passed, const std::vector<std::string>& configured,
                     std::size_t loops, server::UnixAccess access) {
  if (!passed.empty()) return server::adopt_listeners(passed, loops);
  std::vector<server::ListenAddress> addresses;
  for (const std::string& text : configured) {
    Result<server::ListenAddress> address = server::parse_listen_address(text);
    if (!address) return address.error();
    addresses.push_back(std::move(*address));
  }
  return server::open_listeners(addresses, loops, access);
}

}  // namespace

Result<Listeners> open_all_listeners(const Config& config, std::size_t loops) {
  const Result<PassedSockets> passed = take_passed_sockets();
  if (!passed) return passed.error();
  Result<Sockets> clients =
      open(passed->clients, config.server.listen, loops, server::UnixAccess::everybody);
  if (!clients) return clients.error();
  Result<Sockets> admin = open(passed->admin, config.admin.listen, 1, server::UnixAccess::group);
  if (!admin) return admin.error();
  return Listeners{std::move(*clients), std::move(admin->front())};
}

}  // namespace tonearm::app
