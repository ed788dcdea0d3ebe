Console.WriteLine("moves");
