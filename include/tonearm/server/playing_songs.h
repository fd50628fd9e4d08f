#pragma once

#include "tonearm/io/deadline.h"
#include "tonearm/io/task.h"
#include "tonearm/server/client_key.h"

#include <boost/intrusive/set.hpp>

#include <cstddef>
#include <map>
#include <mutex>
#include <string_view>

namespace tonearm::server {

/// access.streams_per_client: which songs each client is playing, over all loops. As large as what
/// is playing. Thread-safe; outlives the requests that it counts.
class PlayingSongs {
  using Hook =
      boost::intrusive::set_base_hook<boost::intrusive::link_mode<boost::intrusive::normal_link>>;

 public:
  /// One request for a song, counted from start() until its destructor. It stands in the frame of
  /// who answers it, so that counting allocates nothing. One thread; while it waits to start, it is
  /// counted by whichever ends a song.
  class Play : public Hook {
   public:
    Play() = default;
    Play(const Play&) = delete;
    Play& operator=(const Play&) = delete;
    ~Play();

   private:
    friend class PlayingSongs;
    friend bool operator<(const Play& a, const Play& b) {
      return a.client_ != b.client_ ? a.client_ < b.client_ : a.song_ < b.song_;
    }

    PlayingSongs* playing_ = nullptr;  ///< Null: not counted.
    ClientKey client_{};
    std::string_view song_;
  };

  /// Counts `play`, a fresh one; `song` outlives it. False, and not counted, when the client plays
  /// `most` other songs already; several requests for one song count once. 0: no limit, but who
  /// starts later with one is told of it too.
  bool start(Play& play, const Address& client, std::string_view song, std::size_t most);
  /// For a play that start() has refused: waits until the client's other songs have made room, in
  /// the order of coming. False when `deadline` came first.
  io::Task<bool> start_soon(Play& play, std::size_t most, io::Clock::time_point deadline);
  /// How many are counted.
  std::size_t requests() const;
  /// How many wait.
  std::size_t waiting() const;

 private:
  class PlaceInLine;
  using Plays = boost::intrusive::multiset<Play>;  ///< The songs of one client side by side.
  /// Of each client in the order of coming.
  using Line = std::multimap<ClientKey, PlaceInLine*>;

  // With the lock held.
  bool try_to_start(Play& play, std::size_t most);
  bool is_one_too_many(const Play& play, std::size_t most) const;
  void admit(const ClientKey& client);

  mutable std::mutex mutex_;
  Plays plays_;
  Line line_;
};

}  // namespace tonearm::server
