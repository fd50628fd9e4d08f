#pragma once

#include "tonearm/server/client_key.h"

#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace tonearm::server {

/// access.streams_per_client: which songs each client is playing, over all loops. As large as what
/// is playing. Thread-safe; outlives the handles it gave.
class PlayingSongs {
  using Songs = std::map<std::string, std::size_t, std::less<>>;  ///< Id, requests.
  using Clients = std::map<ClientKey, Songs>;

 public:
  /// One request for a song, until its destructor. One thread.
  class Handle {
   public:
    Handle() = default;
    Handle(Handle&& other) noexcept
        : playing_(std::exchange(other.playing_, nullptr)),
          client_(other.client_),
          song_(other.song_) {}
    Handle& operator=(Handle&&) = delete;
    ~Handle();

   private:
    friend class PlayingSongs;
    Handle(PlayingSongs& playing, Clients::iterator client, Songs::iterator song)
        : playing_(&playing), client_(client), song_(song) {}

    PlayingSongs* playing_ = nullptr;
    Clients::iterator client_;
    Songs::iterator song_;
  };

  /// Empty when the client plays `most` other songs already; several requests for one song count
  /// once.
  std::optional<Handle> start(const Address& client, std::string_view song, std::size_t most);
  std::size_t clients() const;

 private:
  mutable std::mutex mutex_;
  Clients clients_;
};

}  // namespace tonearm::server
