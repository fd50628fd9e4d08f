#pragma once

#include "tonearm/catalog/song_store.h"
#include "tonearm/io/task.h"
#include "tonearm/server/listening_socket.h"
#include "tonearm/server/options.h"
#include "tonearm/server/shared.h"
#include "tonearm/source/source.h"

#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

namespace tonearm::server {

class Loop;
struct Serving;

/// The listener's part on one loop: accepts, and serves each connection in a coroutine of its own.
/// All members are called on the loop (post to it), the constructor and start() also before it
/// runs.
///
/// `shared` outlives every connection: after drain() or cancel_all(), run the loop until the
/// callback came, and only then destroy it. So do `store` and `source`, unless `owner` owns them:
/// it is released, on the loop, when the last request that began with them has ended. Sending files
/// wants SIGPIPE ignored.
class LoopServer {
 public:
  using IsResolver = std::function<bool(std::string_view)>;

  LoopServer(io::asio::io_context& loop, Shared& shared, const Options& options,
             catalog::SongStore& store, source::Source& source, IsResolver is_resolver,
             std::shared_ptr<const void> owner = nullptr);
  ~LoopServer();
  LoopServer(const LoopServer&) = delete;
  LoopServer& operator=(const LoopServer&) = delete;

  /// Accepts on these from now on. `admin` serves /healthz and the like, also while draining, and
  /// does not count for max_connections.
  void start(std::vector<ListeningSocket> clients, std::vector<ListeningSocket> admin = {});

  /// For a reload: what the constructor takes, ready for reconfigure(). On any thread.
  static std::shared_ptr<const Serving> prepare(const Options& options, catalog::SongStore& store,
                                                source::Source& source, IsResolver is_resolver,
                                                std::shared_ptr<const void> owner = nullptr);
  /// Counts from the next request on; requests keep what they began with. What can fail of a reload
  /// is over by now.
  void reconfigure(std::shared_ptr<const Serving> prepared) noexcept;

  /// Sets shared.draining, takes what waits in the listen queues (of inherited sockets it is left
  /// to the successor), closes them (not the admin's), and closes idle connections; what is asked
  /// still is answered, with Connection: close. `on_drained` is called once, when no client
  /// connection is left; never from inside drain().
  void drain(std::function<void()> on_drained);

  /// Ends everything now: streams are reset, the admin listener is closed. `on_stopped` is called
  /// once, when no connection of any kind is left; never from inside cancel_all().
  void cancel_all(std::function<void()> on_stopped);

  /// Client connections open on this loop, the refused ones included.
  std::size_t connections() const;

 private:
  std::shared_ptr<Loop> loop_;
};

}  // namespace tonearm::server
