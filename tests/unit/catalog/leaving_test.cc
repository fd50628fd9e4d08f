#include "unit/catalog/catalog_fixture.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>

#include <chrono>
#include <future>

namespace tonearm::catalog {
namespace {

using Clock = std::chrono::steady_clock;

/// A catalog whose list never comes to its end: only who leaves, or 10 s, end a search in it.
class Leaving : public CatalogTest {
 protected:
  void SetUp() override {
    CatalogOptions endless = options("SELECT :id AS file");
    endless.path = ":memory:";
    endless.list =
        "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT max(x) AS id FROM "
        "c";
    store_ = std::make_unique<SqliteSongStore>(loop_.get_executor(), pool_, browsing_pool_,
                                               std::move(endless));
  }
  ~Leaving() override { browsing_pool_.join(); }

  void start_search(PageWindow window = {}) {
    ended_ = false;
    io::asio::co_spawn(loop_, store_->search("", window),
                       io::asio::bind_cancellation_slot(
                           leave_.slot(), [this](std::exception_ptr thrown, Result<SongPage>) {
                             ended_ = true;
                             left_ = thrown != nullptr;
                           }));
    run_what_is_ready();
  }
  void run_what_is_ready() {
    loop_.restart();
    while (loop_.poll() > 0) {
    }
  }

  io::BlockingPool browsing_pool_{1, 1};
  io::asio::cancellation_signal leave_;
  bool ended_ = false;
  bool left_ = false;  ///< Ended by leaving.
};

TEST_F(Leaving, EndsTheSearch) {
  start_search();
  // Whether it has begun or not.
  while (browsing_pool_.is_full()) std::this_thread::yield();
  leave_.emit(io::asio::cancellation_type::terminal);
  const auto start = Clock::now();
  run_what_is_ready();
  EXPECT_TRUE(left_) << "at once";
  browsing_pool_.join();
  EXPECT_LT(Clock::now() - start, std::chrono::seconds(5));
}

TEST_F(Leaving, WhoWouldWaitBehindTooManyIsToldSoUnlessTheAnswerHasBegun) {
  std::promise<void> release;
  auto block = [released = release.get_future().share()] {
    released.wait();
    return true;
  };
  io::asio::co_spawn(loop_, browsing_pool_.run(block), [](std::exception_ptr, bool) {});
  run_what_is_ready();
  while (browsing_pool_.is_full()) std::this_thread::yield();
  start_search();
  const auto refused = test::run(loop_, store_->search("", {}));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::overloaded);
  leave_.emit(io::asio::cancellation_type::terminal);
  run_what_is_ready();
  PageWindow second_page;
  second_page.after = LastSong{"1"};
  start_search(second_page);
  EXPECT_FALSE(ended_);
  leave_.emit(io::asio::cancellation_type::terminal);
  run_what_is_ready();
  EXPECT_TRUE(left_);
  release.set_value();
  browsing_pool_.join();
}

}  // namespace
}  // namespace tonearm::catalog
