#pragma once

#include "tonearm/base/result.h"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace tonearm::app {

/// Sockets that the service manager opened for us (sd_listen_fds(3)).
struct PassedSockets {
  std::vector<int> clients;
  std::vector<int> admin;  ///< Those named "admin" (FileDescriptorName=).
};

/// Call once, before there are threads: the environment that names them is cleared.
Result<PassedSockets> take_passed_sockets();

// What systemd, or whoever else set $NOTIFY_SOCKET, is told (sd_notify(3)). Nothing happens when
// nobody asked. `status` is a line for `systemctl status`.
void notify_ready(const std::string& status);
void notify_reloading();
void notify_stopping(const std::string& status);
void notify_watchdog(const std::string& status);

/// How often notify_watchdog() is due: half of what WatchdogSec= allows; empty when nobody watches.
std::optional<std::chrono::microseconds> watchdog_interval();

}  // namespace tonearm::app
