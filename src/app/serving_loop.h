#pragma once

#include "tonearm/io/task.h"
#include "tonearm/server/listening_socket.h"
#include "tonearm/server/loop_server.h"

#include "app/generation.h"

#include <boost/asio/executor_work_guard.hpp>

#include <functional>
#include <memory>
#include <thread>
#include <vector>

namespace tonearm::app {

/// One thread with everything that lives on it. Its members are called by the main thread.
class ServingLoop {
 public:
  ServingLoop(Process& process, std::shared_ptr<const Config> config);
  ~ServingLoop() { stop(); }
  ServingLoop(const ServingLoop&) = delete;
  ServingLoop& operator=(const ServingLoop&) = delete;

  /// Before start().
  void listen(std::vector<server::ListeningSocket> clients,
              std::vector<server::ListeningSocket> admin);
  void start();
  /// Requests that begin from now on are served with this.
  void reconfigure(std::shared_ptr<const Config> config);
  /// As LoopServer's; the callbacks come on the loop.
  void drain(std::function<void()> on_drained);
  void cancel_all(std::function<void()> on_stopped);
  /// Only when nothing runs on it any more.
  void stop();

 private:
  Process& process_;
  // One thread runs it: no locks inside.
  io::asio::io_context context_{1};
  io::asio::executor_work_guard<io::Executor> work_{context_.get_executor()};
  std::unique_ptr<server::LoopServer> server_;
  std::thread thread_;
};

}  // namespace tonearm::app
