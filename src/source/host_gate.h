#pragma once

#include "tonearm/io/deadline.h"
#include "tonearm/io/task.h"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

namespace tonearm::source {

/// upstream.max_connections_per_host on one loop: who comes past it waits in order. Not thread-safe.
class HostGate {
 public:
  struct Host;

  /// The right to one connection to a host; gives it to the next in line when it is destroyed.
  class Permit {
   public:
    explicit Permit(std::shared_ptr<Host> host) : host_(std::move(host)) {}
    Permit(Permit&&) noexcept = default;
    Permit& operator=(Permit&&) = delete;
    ~Permit();

   private:
    std::shared_ptr<Host> host_;
  };

  HostGate(io::Executor executor, std::size_t most) : executor_(executor), most_(most) {}

  /// Waits for its turn; empty when `deadline` came first.
  io::Task<std::optional<Permit>> enter(std::string authority, io::Clock::time_point deadline);

 private:
  std::shared_ptr<Host> host(const std::string& authority);

  io::Executor executor_;
  std::size_t most_;
  std::unordered_map<std::string, std::shared_ptr<Host>> hosts_;
};

}  // namespace tonearm::source
