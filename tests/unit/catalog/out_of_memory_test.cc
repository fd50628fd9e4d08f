#include "unit/catalog/catalog_fixture.h"

#include <cstdlib>
#include <functional>
#include <new>
#include <utility>

namespace {

/// How many more allocations of this thread succeed; none is ever refused while it is negative.
thread_local int allocations_left = -1;

}  // namespace

void* operator new(std::size_t size) {
  if (allocations_left > 0) --allocations_left;
  void* const memory = allocations_left == 0 ? nullptr : std::malloc(size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace tonearm::catalog {
namespace {

/// Whether memory ran out on the way. Whoever asked is told, and not kept waiting.
bool runs_out(const std::function<void()>& work, int after) {
  allocations_left = after;
  try {
    work();
  } catch (const std::bad_alloc&) {
  }
  return std::exchange(allocations_left, -1) == 0;
}

TEST_F(CatalogTest, ALookupThatMemoryRanOutInHoldsUpNoOther) {
  write(real_schema)("INSERT INTO music_song VALUES (1, 'a', '', 0, '', 'a.mp3')");
  int after = 0;
  bool ran_out = true;
  while (ran_out) {
    use(options());
    ran_out = runs_out([&] { (void)find("1"); }, ++after);
    loop_.restart();
    ASSERT_EQ(file("1"), "a.mp3") << "after " << after;
  }
  EXPECT_GT(after, 3) << "there is little that is allocated anew";
}

}  // namespace
}  // namespace tonearm::catalog
