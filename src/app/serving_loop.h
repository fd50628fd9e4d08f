#pragma once

#include "tonearm/io/task.h"
#include "tonearm/server/listening_socket.h"
#include "tonearm/server/loop_server.h"

#include "app/generation.h"
#include "app/pulse.h"

#include <boost/asio/executor_work_guard.hpp>

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace tonearm::app {

/// One thread with everything that lives on it. Its members are called by the main thread.
class ServingLoop {
 public:
  /// `number` tells the loops apart: 0, 1, …
  ServingLoop(Process& process, const Config& config, std::size_t number);
  ~ServingLoop() { stop(); }
  ServingLoop(const ServingLoop&) = delete;
  ServingLoop& operator=(const ServingLoop&) = delete;

  /// Before start().
  void listen(std::vector<server::ListeningSocket> clients,
              std::vector<server::ListeningSocket> admin);
  void start();
  /// What this loop would serve requests with; for reconfigure().
  std::shared_ptr<const server::Serving> prepare(const Config& config);
  /// Requests that begin from now on are served with this.
  void reconfigure(std::shared_ptr<const server::Serving> prepared);
  /// As LoopServer's; the callbacks come on the loop.
  void drain(std::function<void()> on_drained);
  void cancel_all(std::function<void()> on_stopped);
  /// Only when nothing runs on it any more.
  void stop();

  const Pulse& pulse() const { return pulse_; }
  const std::string& name() const { return name_; }

 private:
  Process& process_;
  const std::string name_;  ///< Of the thread, too.
  // One thread runs it, and others post to it.
  io::asio::io_context context_{1};
  io::asio::executor_work_guard<io::Executor> work_{context_.get_executor()};
  std::unique_ptr<server::LoopServer> server_;
  Pulse pulse_;
  std::thread thread_;
};

}  // namespace tonearm::app
