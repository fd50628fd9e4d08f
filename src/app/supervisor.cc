#include "app/supervisor.h"

#include <systemd/sd-daemon.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <system_error>

namespace tonearm::app {
namespace {

void notify(const std::string& state) {
  // The environment stays: there is more to tell later.
  sd_notify(0, state.c_str());
}

std::string status_line(const std::string& status) { return "\nSTATUS=" + status; }

/// What systemd 253 and later compare a reload's start with.
std::string monotonic_now() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::to_string(std::chrono::duration_cast<std::chrono::microseconds>(now).count());
}

}  // namespace

Result<PassedSockets> take_passed_sockets() {
  char** names = nullptr;
  const int count = sd_listen_fds_with_names(1, &names);
  if (count < 0) {
    return Error{
        ErrorKind::internal,
        "cannot take the service manager's sockets: " + std::generic_category().message(-count),
        {}};
  }
  PassedSockets passed;
  for (int i = 0; i < count; ++i) {
    const std::string_view name = names != nullptr ? names[i] : "";
    (name == "admin" ? passed.admin : passed.clients).push_back(SD_LISTEN_FDS_START + i);
    if (names != nullptr) std::free(names[i]);
  }
  std::free(static_cast<void*>(names));
  return passed;
}

void notify_ready(const std::string& status) { notify("READY=1" + status_line(status)); }

void notify_reloading() {
  notify("RELOADING=1\nMONOTONIC_USEC=" + monotonic_now() + status_line("reading configuration"));
}

void notify_stopping(const std::string& status) { notify("STOPPING=1" + status_line(status)); }

void notify_watchdog(const std::string& status) { notify("WATCHDOG=1" + status_line(status)); }

std::optional<std::chrono::microseconds> watchdog_interval() {
  std::uint64_t limit = 0;
  if (sd_watchdog_enabled(0, &limit) <= 0) return std::nullopt;
  return std::chrono::microseconds(limit / 2);
}

}  // namespace tonearm::app
