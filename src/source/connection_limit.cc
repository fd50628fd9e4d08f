#include "tonearm/source/connection_limit.h"

#include "source/limited_host.h"

#include <algorithm>

namespace tonearm::source {

ConnectionLimit::ConnectionLimit(std::size_t most)
    : most_(std::make_shared<std::atomic<std::size_t>>(std::max<std::size_t>(most, 1))) {}

ConnectionLimit::~ConnectionLimit() = default;

void ConnectionLimit::set_most(std::size_t most) {
  *most_ = std::max<std::size_t>(most, 1);
  const std::lock_guard lock(mutex_);
  for (const auto& [authority, host] : hosts_) host->most_changed();
}

std::shared_ptr<ConnectionLimit::Host> ConnectionLimit::host(const std::string& authority) {
  const std::lock_guard lock(mutex_);
  // The catalog decides how many there are; those that nobody uses are forgotten in bulk.
  if (hosts_.size() > 1024) {
    std::erase_if(hosts_, [](const auto& entry) { return entry.second.use_count() == 1; });
  }
  std::shared_ptr<Host>& host = hosts_[authority];
  if (!host) host = std::make_shared<Host>(most_);
  return host;
}

}  // namespace tonearm::source
